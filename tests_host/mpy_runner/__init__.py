"""Runs mt_*.py tests on the MicroPython Unix ports: host.py here, device.py there."""
