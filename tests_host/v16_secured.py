"""A charge point with a store of certificates, in virtual time, for the whitepaper's scenarios.

b = secured(); b.call("InstallCertificate", {...}); assert b.alarms() == [...]
"""

import security_world as world
from v16_bench import Bench, Store

DAYS = (0, 3650)  # Bench is in January 2027, certificates begin in January 2026
CENTRAL, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
KEY = "00112233445566778899aabbccddeeff"


class Secured(Bench):
    """`certs` survives a power cut, as `store` does."""

    def __init__(self, *args, certs=None, **settings):
        super().__init__(*args, **settings)
        self.certs = world.Files() if certs is None else certs

    def reboot(self, **settings):
        other = Secured(
            Store(self.store.files),
            None,
            len(self.station.connectors),
            self.saved,
            self.real + self.clock.now + 10,
            certs=self.certs,
            **settings,
        )
        return other

    def install(self, certificate, use=CENTRAL):
        """InstallCertificate.req; its status."""
        text = certificate if isinstance(certificate, str) else world.pem(certificate)
        return self.call("InstallCertificate", {"certificateType": use, "certificate": text})[
            "status"
        ]

    def days(self, count):
        """So much time passes in one leap, for clock, uptime and central system alike."""
        self.clock.now += int(count * 86400) + 3600  # and the hourly look is due
        return self

    def change(self, key, value):
        return self.call("ChangeConfiguration", {"key": key, "value": value})["status"]

    def events(self):
        """Names of the events in the security log, all of them."""
        return [line.split()[1] for line in self.log_lines()]

    def log_lines(self):
        from ocppj import alarms

        return list(alarms.lines(self.cp))

    def alarms(self):
        """Names of the events that the CSMS was told."""
        return [p["type"] for p in self.sent("SecurityEventNotification")]


def secured(**settings):
    """One that is registered."""
    return Secured(**{"Identity": "CP-0001", "CpoName": "Org", **settings}).online()


def root(name="Root", **more):
    """A root certificate that is valid today."""
    return world.root(name, **{"days": DAYS, **more})
