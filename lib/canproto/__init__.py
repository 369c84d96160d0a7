"""Which CAN contracts does the station speak? One file a contract; fields.py reads raw bytes."""
