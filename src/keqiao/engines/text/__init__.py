"""Reading Chinese work reports: clean text, articles, sentences, and facts with their place and meaning.

>>> from keqiao.engines.text import extract_facts
>>> [(f.span, f.indicator) for f in extract_facts("认定高新技术企业71家,同比增长12%。")]
[('71家', '高新技术企业认定数'), ('12%', '高新技术企业认定数同比增长')]
"""

from keqiao.engines.text.cleaning import Cleaned, clean
from keqiao.engines.text.corruption import Guess, looks_corrupted
from keqiao.engines.text.documents import Imported, UnknownKind, import_bytes, import_file
from keqiao.engines.text.docx_reader import DocxParagraph, NotWord
from keqiao.engines.text.facts import Fact, extract_facts
from keqiao.engines.text.linking import Catalogue, CatalogueEntry, Link, similarity
from keqiao.engines.text.segment import Article, Heading, Sentence, find_headings, split_articles, split_sentences

__all__ = [
    "Article",
    "Catalogue",
    "CatalogueEntry",
    "Cleaned",
    "DocxParagraph",
    "Fact",
    "Guess",
    "Heading",
    "Imported",
    "Link",
    "NotWord",
    "Sentence",
    "UnknownKind",
    "clean",
    "extract_facts",
    "find_headings",
    "import_bytes",
    "import_file",
    "looks_corrupted",
    "similarity",
    "split_articles",
    "split_sentences",
]
