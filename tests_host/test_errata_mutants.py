"""Does a test fail for each erratum whose workaround is deleted? (errata_mutants.py)"""

import pytest

import errata_mutants


@pytest.mark.parametrize("mutant", errata_mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_deleted_workaround_is_noticed(mutant, micropython32):
    assert errata_mutants.noticed(mutant)
