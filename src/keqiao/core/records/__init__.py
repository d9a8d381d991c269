"""All that is done to any record, once: declare, list, find, show, edit, import, export, review, merge, check.

A register is declared (`declare.Register`), never programmed. Pages, API, Excel and search all read the same declaration and the
same `access.lens`.
"""
