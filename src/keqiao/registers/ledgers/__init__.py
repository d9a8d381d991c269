"""Custom ledgers (自定义台账): registers whose fields are declared as data in packs/*/ledgers."""
