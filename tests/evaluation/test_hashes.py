"""Fingerprints of collections."""

from __future__ import annotations

from evaluation_cases import article

from natostance.evaluation.hashes import fingerprint


def test_order_and_metadata_do_not_matter_and_all_else_does() -> None:
    one, other = article("NR-", "a", meta={"outlet": "X"}), article("--", "b")
    whole = fingerprint([one, other])
    assert len(whole) == 64
    assert fingerprint([other, one.replace(meta={})]) == whole
    changed = (
        one.replace(doc_id="c"),
        one.replace(text=one.text.replace("abcd", "abXd")),
        one.replace(spans=one.spans[:1]),
        article("NN-", "a"),
        article("NR-", "a", scores=[0.9, 0.9, 0.9]),
        article("NR-", "a", abstained="?"),
    )
    assert len({fingerprint([document, other]) for document in changed} | {whole}) == 7
    assert fingerprint([one, one]) != fingerprint([one])
