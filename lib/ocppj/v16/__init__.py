"""What does a charge point of OCPP 1.6 do and say?"""
