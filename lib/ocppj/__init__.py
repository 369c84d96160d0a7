"""What of OCPP-J is the same for every version? The frame around a message (rpc), its checking
(schema), its times (datetime).

Pure and sans-I/O: texts go in, events and texts come out. The versions lie in v16/ and v201/. The
package is not called `ocpp`, because the host tools use the PyPI package of that name.
"""
