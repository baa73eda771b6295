#!/usr/bin/env python3
"""Receives what the agent sends, with other people's code: mails by aiosmtpd and Python's email
package, webhooks by its hmac. Prints a line of JSON for each; the first has the port.

notify_receiver.py smtp PLAIN|STARTTLS|TLS CERTIFICATE KEY PASSWORD
notify_receiver.py webhook SECRET FAILURES      answers 500 that often, then 204; /moved leads to a page
                                                for people
"""

import asyncio
import base64
import email.policy
import hashlib
import hmac
import http.server
import json
import ssl
import sys


def say(**what):
    print(json.dumps(what), flush=True)


def serve_mail(mode, certificate, key, password):
    from aiosmtpd.smtp import SMTP, AuthResult

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
            say(
                sender=envelope.mail_from,
                recipients=envelope.rcpt_tos,
                tls=session.ssl is not None or mode == "TLS",
                user=getattr(session, "auth_data", None) and session.auth_data.login.decode(),
                headers={name: str(value) for name, value in mail.items()},
                defects=[str(each) for each in mail.defects],
                type=mail.get_content_type(),
                text=mail.get_content().replace("\r\n", "\n"),
                longest=max(len(line) for line in envelope.original_content.split(b"\r\n")),
                ascii=envelope.original_content.isascii(),
            )
            return "250 taken"

    def authenticate(server, session, envelope, mechanism, auth_data):
        good = auth_data.password == password.encode()
        return AuthResult(success=good, handled=False, auth_data=auth_data)

    context = None
    if mode != "PLAIN":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def session():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=context if mode == "STARTTLS" else None,
            require_starttls=mode == "STARTTLS",
            authenticator=authenticate if password else None,
            auth_required=bool(password),
            auth_require_tls=mode == "STARTTLS",
        )

    async def run():
        listening = await asyncio.get_running_loop().create_server(
            session, "127.0.0.1", 0, ssl=context if mode == "TLS" else None
        )
        say(port=listening.sockets[0].getsockname()[1])
        await listening.serve_forever()

    asyncio.run(run())


def serve_webhook(secret, failures):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    left = [int(failures)]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            say(path=self.path)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_POST(self):
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("location", "/log-in")
                self.send_header("content-length", "0")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers["content-length"]))
            signature = self.headers.get("webhook-signature", "")
            stamp = self.headers.get("webhook-timestamp", "0")
            signed = f"{self.headers.get('webhook-id')}.{stamp}.".encode() + body
            mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            say(
                path=self.path,
                id=self.headers.get("webhook-id"),
                timestamp=int(stamp),
                good=hmac.compare_digest(signature, "v1," + mac),
                type=self.headers.get("content-type"),
                body=json.loads(body),
                failed=left[0] > 0,
            )
            self.send_response(500 if left[0] > 0 else 204)
            left[0] -= 1
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    say(port=server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    {"smtp": serve_mail, "webhook": serve_webhook}[sys.argv[1]](*sys.argv[2:])
