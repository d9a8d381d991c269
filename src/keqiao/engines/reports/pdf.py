"""PDF of a .docx through LibreOffice, where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path


class NoConverter(RuntimeError):
    """LibreOffice is not installed or did not produce a PDF."""


def to_pdf(docx: bytes, timeout: int = 120) -> bytes:
    """Raises NoConverter with the remedy. Cost: 1-3 s once LibreOffice is warm."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise NoConverter(
            "R201 LibreOffice is not installed; install it, or open the .docx in Word or WPS and save as PDF"
        )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "report.docx"
        source.write_bytes(docx)
        profile = (Path(folder) / "profile").as_uri()
        command = [
            program,
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            str(source),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=timeout)  # noqa: S603 - fixed program, own file
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise NoConverter(f"R202 LibreOffice failed: {error}") from error
        target = source.with_suffix(".pdf")
        if not target.exists():
            raise NoConverter("R203 LibreOffice wrote no PDF")
        return target.read_bytes()
