"""Does mbedtls take what the certificate store holds, and does a server take it from there?

The station's own code makes the key and the request on MicroPython, `cryptography` signs, and
OpenSSL is the server that asks for a client's certificate.
"""

import json
import socket
import ssl
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import security_world as world
from ws_peers import ROOT

DEVICE = """
import json, os, socket, sys
sys.path[:0] = [%r, %r]
import security
from core.journal import FileStore
from net import trust
from security import request, store

files = FileStore("certs")
NOW = %d
CENTRAL = "CentralSystemRootCertificate"
for line in sys.stdin:
    word, argument = json.loads(line)
    try:
        if word == "root":
            said = security.run(store.install(files, CENTRAL, argument, NOW, 8, False))
        elif word == "ask":
            said = security.run(request.new(files, "CP-0001", "Org", os.urandom))
        elif word == "own":
            said = str(security.run(store.install_own(files, argument, NOW, "CP-0001", "Org")))
        else:
            plain = socket.socket()
            plain.connect(socket.getaddrinfo("127.0.0.1", argument)[0][-1])
            seen = []
            context = trust.context(word == "mutual", NOW, seen)
            stream = context.wrap_socket(plain, server_hostname="localhost")
            said = str(stream.readline(), "utf8") + seen[0]
            stream.close()
    except (ValueError, OSError) as e:
        said = "error: " + repr(e)
    print(json.dumps(said))
""" % (str(ROOT / "firmware"), str(ROOT / "lib"), world.NOW)


@pytest.fixture(params=[64, 32])
def device(request, tmp_path):
    """device(word, argument): what the script above says."""
    port = request.getfixturevalue(f"micropython{request.param}")
    script = tmp_path / "device.py"
    script.write_text(DEVICE)
    process = subprocess.Popen(
        [port, "-X", "heapsize=400k", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )

    def ask(word, argument=None):
        process.stdin.write(json.dumps([word, argument]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    assert process.wait(60) == 0


@pytest.fixture
def server(tmp_path):
    """server(certificates, key, clients' root): its port; it says who came, one connection."""
    open_sockets = []

    def serve(chain, key, root):
        (tmp_path / "chain.pem").write_text(world.pem(*chain))
        (tmp_path / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        if root:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=world.pem(root))
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(60)
        open_sockets.append(listening)

        def one():
            try:
                plain, _ = listening.accept()
                with context.wrap_socket(plain, server_side=True) as stream:
                    who = dict(pair[0] for pair in (stream.getpeercert() or {}).get("subject", ()))
                    stream.sendall(f"hello {who.get('commonName', 'nobody')}\n".encode())
            except (ssl.SSLError, OSError):
                pass  # what the device says counts

        threading.Thread(target=one, daemon=True).start()
        return listening.getsockname()[1]

    yield serve
    for listening in open_sockets:
        listening.close()


# mbedtls goes by the clock of the machine
DAYS = (-300, 5000)


def test_a_server_is_believed_by_any_of_the_roots_and_takes_the_key_made_here(device, server):
    first, second = world.root("First", days=DAYS), world.root("Second", "2048", days=DAYS)
    sub = world.root("Sub", by=world.key("Second", "2048"), issuer=second, days=DAYS)
    leaf = world.certificate("localhost", world.key("tls"), sub, world.key("Sub"), days=DAYS)
    chain, key = (leaf, sub), world.key("tls")
    assert "OSError(2" in device("tls", server(chain, key, None))  # nobody is trusted yet
    assert device("root", world.pem(first)).startswith("csms-")
    assert "not correctly signed" in device("tls", server(chain, key, None))
    name = device("root", world.pem(second))
    used = name[5:-4]  # the root with which the server was checked
    assert device("tls", server(chain, key, None)) == "hello nobody\n" + used

    assert "OSError(2" in device("mutual", server(chain, key, first))
    csr = x509.load_pem_x509_csr(device("ask").encode())
    between = world.root("Between", by=world.key("First"), issuer=first, days=DAYS)
    one = world.certificate("CP-0001", csr, between, world.key("Between"), days=DAYS)
    assert device("own", world.pem(one, between)) == "certificate 'CP-0001'"
    assert device("mutual", server(chain, key, first)) == "hello CP-0001\n" + used
