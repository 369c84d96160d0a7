"""The simulated world around one station: vehicle, charger module, bus, cable, power switch."""
