"""Which version has the local authorisation list? (S 5.10)"""


def run(cp, payload, now):
    """0: the list is empty; -1: there is none (switched off)."""
    number = -1
    if cp.config.get("LocalAuthListEnabled"):
        number = cp.lazy("ocppj.authlist").version(cp.store)
    return {"listVersion": number}
