"""Requests to a server's REST API, sent until they are answered.

What is harmless to do twice is sent again where a server is busy, fails, or does not answer; of
anything else it is first looked whether it was done. The token is sent in one header, and shown
nowhere.
"""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from supnorm.job.programs import InputError

# Zenodo answers "application/json" in its older form, which has no persistent identifiers; files
# are described in that form alone.
ACCEPT = "application/vnd.inveniordm.v1+json, application/json;q=0.5"
ATTEMPTS = 6
UNAVAILABLE = (500, 502, 503, 504)
GONE = (404, 410)
# Seconds to connect, and to wait when asked to.
CONNECTING, LONGEST_WAIT = 30.0, 900.0
LARGEST_ANSWER = 10 * 2**20
# An answer to gigabytes takes longer than to a question: the server stores them first.
STORING = 5
BLOCK = 2**16
LOCAL = ("localhost", "127.0.0.1", "::1")


class RefusedError(InputError):
    """The server does not do what it was asked to; `status` is that of its answer."""

    def __init__(self, sentence: str, status: int) -> None:
        """Keep the sentence and the status."""
        super().__init__(sentence)
        self.status = status


class Token(AuthBase):
    """An access token that is seen in the Authorization header only."""

    def __init__(self, name: str, text: str) -> None:
        """Take the token that an environment variable of this name had."""
        self.name = name
        self._text = text

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on a request."""
        request.headers["Authorization"] = f"Bearer {self._text}"
        return request

    def __repr__(self) -> str:
        """Name the token."""
        return f"<token of {self.name}>"

    def hide(self, text: str) -> str:
        """Return a text, which may come from a server that repeats what it was sent, without it."""
        return text.replace(self._text, "…")


def take_token(name: str) -> Token:
    """Return the token in an environment variable, and remove it there: no child process has it.

    Raises InputError where there is none, or it cannot be one.
    """
    text = os.environ.pop(name, "").strip()
    if not text:
        raise InputError(f"{name}: expected an access token in the environment, found none")
    if not re.fullmatch("[!-~]+", text):
        raise InputError(f"{name}: expected an access token, found characters that none has")
    return Token(name, text)


@dataclass(frozen=True)
class _Answer:
    """What came back; `trouble` says what is wrong if the request should be sent again."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: object = None
    trouble: str = ""

    @property
    def unclear(self) -> bool:
        """Return whether the request may have been done, though no good answer came."""
        return self.status != 429


class Connection:
    """A user's requests to one server.

    Every method raises InputError, with one sentence, where the server refuses or stays away.
    """

    def __init__(
        self,
        server: str,
        token: Token,
        *,
        sleep: Callable[[float], None] = time.sleep,
        answering: float = 120.0,
    ) -> None:
        """Set up for a server, by its address; it may take `answering` seconds to answer."""
        address = urlsplit(server)
        if address.scheme != "https" and address.hostname not in LOCAL:
            raise InputError(f"{server}: expected a server's address that begins with https://")
        self.server = server
        self._token = token
        self._sleep = sleep
        self._answering = answering
        self._session = requests.Session()
        # By the session's auth, for a header alone would be replaced by what ~/.netrc has.
        self._session.auth = token

    def existing(self, path: str, method: str = "GET") -> dict | None:
        """Return what is at a path; None where nothing is."""
        try:
            return self.call(method, path)
        except RefusedError as refusal:
            if refusal.status not in GONE:
                raise
            return None

    def call(
        self,
        method: str,
        path: str,
        *,
        content: object = None,
        source: Callable[[], BinaryIO] | None = None,
        done: Callable[[], dict | None] | None = None,
    ) -> dict:
        """Send a request until it is answered, and return the answer's JSON object.

        It carries `content` as JSON, or the bytes of a `source`. Before a request that may have
        been done is sent again, `done` looks, and returns its result, or None.
        """
        for attempt in range(ATTEMPTS):
            answer = self._send(method, path, content, source)
            if not answer.trouble:
                return self._accepted(method, path, answer)
            if attempt + 1 < ATTEMPTS:
                self._sleep(self._pause(answer, attempt))
            if done is not None and answer.unclear and (found := done()) is not None:
                return found
        raise InputError(
            f"{self.server}: {answer.trouble}, {ATTEMPTS} times, when asked to {method} {path}; "
            "try again later: it goes on from what is done"
        )

    def _send(
        self, method: str, path: str, content: object, source: Callable[[], BinaryIO] | None
    ) -> _Answer:
        """Send a request once. Errors of the libraries end here: they hold the whole request."""
        headers, body, seconds = {"Accept": ACCEPT}, None, self._answering
        if content is not None:
            headers["Content-Type"], body = "application/json", json.dumps(content).encode()
        with ExitStack() as stack:
            if source is not None:
                headers["Content-Type"] = "application/octet-stream"
                seconds *= STORING
                body = stack.enter_context(source())
            try:
                response = self._session.request(
                    method,
                    f"{self.server}/api{path}",
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    stream=True,
                    timeout=(CONNECTING, seconds),
                )
                stack.enter_context(response)
                answer = self._answer(response, seconds)
            except requests.exceptions.SSLError:
                trouble = "expected a certificate that can be verified, found none"
            except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
                return _Answer(trouble=f"does not answer within {seconds:.0f} s")
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
                return _Answer(trouble="the connection fails")
            else:
                return answer
        raise InputError(f"{self.server}: {trouble}")

    def _answer(self, response: requests.Response, seconds: float) -> _Answer:
        """Return a server's answer, after a look whether it is one, and without the token."""
        status, text = response.status_code, self._token.hide(_read(response, seconds))
        headers = {key.lower(): self._token.hide(value) for key, value in response.headers.items()}
        if status == 429:
            return _Answer(status, headers, trouble="too many requests (429)")
        if status in UNAVAILABLE:
            return _Answer(status, headers, trouble=f"the server fails ({status})")
        try:
            content = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            content = None
        if status < 300 and not isinstance(content, dict):
            return _Answer(status, headers, trouble="no JSON object is answered")
        return _Answer(status, headers, content)

    def _accepted(self, method: str, path: str, answer: _Answer) -> dict:
        """Return what a request was answered; raises RefusedError where it was not done."""
        if answer.status < 300:
            return answer.content
        if answer.status < 400:
            said = f"go to {answer.headers.get('location')} instead"
        else:
            said = "; ".join([_said(answer.content), *faults(answer.content)])
        sentence = f"{self.server}: {method} {path} is refused ({answer.status}): {said}"
        if answer.status in (401, 403):
            sentence += (
                f"; expected in {self._token.name} a token of this server, for this record, with "
                "the scopes deposit:write and deposit:actions"
            )
        raise RefusedError(self.clean(sentence), answer.status)

    def _pause(self, answer: _Answer, attempt: int) -> float:
        """Return how many seconds to wait: as many as the server says, else twice as many each."""
        seconds = _asked(answer)
        if seconds is None:
            return 2.0**attempt
        if seconds > LONGEST_WAIT:
            raise InputError(
                f"{self.server}: {answer.trouble}, and no request is wanted for {seconds:.0f} s; "
                "try again then: it goes on from what is done"
            )
        return max(seconds, 1.0)

    def part(self, content: object, kind: type, *keys: str) -> object:
        """Return what an answer has under nested keys; raises InputError where it is not so."""
        found = within(content, *keys)
        if not isinstance(found, kind):
            raise InputError(f"{self.server}: expected an answer with {'.'.join(keys)}, found none")
        return found

    @staticmethod
    def clean(text: str) -> str:
        """Return what a server said in one printable line."""
        return "".join(filter(str.isprintable, " ".join(text.split())))[:600]


def within(content: object, *keys: str) -> object:
    """Return what is under nested keys; None where there is nothing."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _read(response: requests.Response, seconds: float) -> str:
    """Return an answer's body; raises TimeoutError where it comes too slowly."""
    body, deadline = b"", time.monotonic() + seconds
    while block := response.raw.read1(BLOCK, decode_content=True):
        body += block
        if time.monotonic() > deadline or len(body) > LARGEST_ANSWER:
            raise TimeoutError
    return body.decode(errors="replace")


def _said(content: object) -> str:
    message = content.get("message") if isinstance(content, dict) else None
    return str(message or "without a reason")


def faults(content: object) -> list[str]:
    """Return what a server finds wrong, as "field: message"."""
    found = content.get("errors") if isinstance(content, dict) else None
    faults = []
    for fault in found if isinstance(found, list) else []:
        if isinstance(fault, dict):
            messages = fault.get("messages") or [fault.get("message")]
            messages = messages if isinstance(messages, list) else [messages]
            faults.append(f"{fault.get('field')}: {', '.join(map(str, messages))}")
        else:
            faults.append(str(fault))
    return faults


def _asked(answer: _Answer) -> float | None:
    """Return for how many seconds a server wants no request; None where it does not say.

    It says so in seconds, as a date, or, at Zenodo with too many requests, as a Unix time.
    """
    after, reset = answer.headers.get("retry-after"), answer.headers.get("x-ratelimit-reset")
    try:
        if after is not None and after.isdecimal():
            return float(after)
        if after is not None:
            return parsedate_to_datetime(after).timestamp() - time.time()
        return float(reset) - time.time() if reset and answer.status == 429 else None
    except (ValueError, OverflowError):
        return None
