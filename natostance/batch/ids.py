"""Ids of articles: each names one article of a run.

An id that is given twice is refused the second time. An id that natostance made (see
`natostance.batch.fields`) is numbered instead: ``-2``, ``-3`` and so on, in the order of the input.
"""

from __future__ import annotations

import hashlib
import sqlite3

from natostance.batch.articles import Article
from natostance.batch.rejects import Rejected
from natostance.errors import InputError

DIGEST = 16  # bytes; two of a thousand million ids are alike once in 10**20 runs


class SeenIds:
    """The ids that a run has seen, on the disk beyond some megabytes, so that memory stays flat.

    It lies in a database without a name, which the system removes when the process ends. It may be
    used from one thread at a time.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=OFF")
        self._base.execute("PRAGMA cache_size=-8000")
        self._base.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")

    def load(self, digests: bytes) -> None:
        """Take ids over from an earlier part of the run: what `admit` gave out, joined."""
        self._base.execute("BEGIN")
        self._base.executemany(
            _COUNT, ((digests[i : i + DIGEST],) for i in range(0, len(digests), DIGEST))
        )
        self._base.execute("COMMIT")

    def admit(self, article: Article) -> tuple[Article | Rejected, bytes]:
        """Let an article in, or refuse it.

        Returns:
            The article, perhaps with a numbered id, or why it is refused; and the digests by which
            it will be known.
        """
        doc_id, noted = self.admit_id(article.document.doc_id, article.made_id)
        if doc_id is None:
            return duplicate(article), noted
        return article.with_id(doc_id), noted

    def admit_id(self, doc_id: str, made: bool) -> tuple[str | None, bytes]:
        """The same for the id alone: the id, perhaps numbered, or None where it is refused.

        Args:
            doc_id: the id.
            made: natostance made it.
        """
        digest = digest_of(doc_id)
        times = self._count(digest)
        if times == 1:
            return doc_id, digest
        if not made:
            return None, digest
        noted = digest
        while True:
            numbered = digest_of(f"{doc_id}-{times}")
            noted += numbered
            if self._count(numbered) == 1:
                return f"{doc_id}-{times}", noted
            times += 1  # somebody gave an article the id that this one would get

    def close(self) -> None:
        self._base.close()

    def _count(self, digest: bytes) -> int:
        try:
            (times,) = self._base.execute(_COUNT + " RETURNING times", (digest,)).fetchone()
        except sqlite3.Error as error:
            raise InputError(
                f"the ids of the articles cannot be kept: {error}",
                remedy="make room in the folder for temporary files",
            ) from None
        return int(times)


_COUNT = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1"


def digest_of(doc_id: str) -> bytes:
    """What stands for an id where many are kept."""
    data = doc_id.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=DIGEST).digest()


def duplicate(article: Article) -> Rejected:
    """What is said of an article whose id is taken."""
    return Rejected(
        article.file,
        article.line,
        f"an earlier article has the id {article.document.doc_id!r} too",
        "give each article an id of its own",
    )
