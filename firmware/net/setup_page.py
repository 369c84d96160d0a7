"""What does the set-up page look like? One page for a phone, no script, nothing from elsewhere."""

from net.escape import escape

_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Galvani</title>'
    "<style>*{box-sizing:border-box}body{font:16px/1.4 system-ui,sans-serif;margin:0 auto;"
    "max-width:30em;padding:1em;color:#1c2b24;background:#f4f7f5}h1{font-size:1.4em;margin:.5em 0}"
    "label{display:block;margin:1em 0 0;font-weight:600}small{display:block;font-weight:400;"
    "color:#56665d}input[type=text],input[type=password],input[type=url]{width:100%%;"
    "font:inherit;padding:.6em;margin-top:.3em;border:1px solid #9db0a5;border-radius:6px;"
    "background:#fff}.e input{border:2px solid #b3261e}.e b{color:#b3261e;display:block;"
    "font-weight:600}.c{font-weight:400}button{font:inherit;font-weight:600;width:100%%;"
    "padding:.8em;margin-top:1.5em;border:0;border-radius:6px;background:#0b6b3a;color:#fff}"
    "</style><body><h1>%s</h1>"
)

_FIELDS = (
    ("WiFiSsid", "WiFi network", "its name, as your phone shows it"),
    ("WiFiPassword", "WiFi password", "empty for an open network"),
    ("CsmsUrl", "Central system", "ws://host:port/path or wss://..., without the identity"),
    ("Identity", "Identity", "how the central system knows this station"),
    ("AuthorizationKey", "Key", "32 to 40 hexadecimal digits, from the central system; or none"),
)


def form(keys, values, wrong, held, token) -> str:
    """The form. values: what stands in it; wrong {key: what was expected}; held: secrets set."""
    out = [_HEAD % "Set up this charger", '<form method="post" action="/">']
    if wrong:
        out.append('<p class="e"><b>Nothing was saved: please correct what is marked.</b></p>')
    for key, title, hint in _FIELDS:
        if key not in keys:
            continue
        secret = key in ("WiFiPassword", "AuthorizationKey")
        kind = "password" if secret else "url" if key == "CsmsUrl" else "text"
        value = "" if secret else escape(values.get(key) or "")
        if key in held:
            hint = "set; leave empty to keep it"
        error = wrong.get(key)
        out.append(
            '<label%s>%s<small>%s</small>%s<input type="%s" name="%s" value="%s" '
            'autocapitalize="none" autocorrect="off" spellcheck="false"></label>'
            % (
                ' class="e"' if error else "",
                title,
                hint,
                "<b>Expected: %s</b>" % escape(error) if error else "",
                kind,
                key,
                value,
            )
        )
        if key == "AuthorizationKey" and key in held:
            out.append('<label class="c"><input type="checkbox" name="nokey"> no key</label>')
    out.append(
        '<input type="hidden" name="token" value="%s">'
        "<button>Save and restart</button></form></body></html>" % token
    )
    return "".join(out)


def note(text) -> str:
    """A page with one sentence."""
    return _HEAD % "Galvani" + "<p>" + escape(text) + "</p></body></html>"
