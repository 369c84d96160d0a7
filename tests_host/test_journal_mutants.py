"""Each rule of the journal and of the RPC layer is held by a test that fails without it."""

import pytest

import journal_mutants


@pytest.mark.long
@pytest.mark.parametrize("mutant", journal_mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_rule_is_noticed(mutant, tmp_path):
    assert journal_mutants.noticed(mutant, tmp_path)


def test_every_mutant_still_fits_the_code():
    for mutant in journal_mutants.MUTANTS:
        text = (journal_mutants.ROOT / mutant.path).read_text()
        assert mutant.old in text and mutant.old != mutant.new, mutant.name
