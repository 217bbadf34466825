# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A back-to-back user agent between real phones: it answers one call and makes another of it, with a Call-ID, tags and numbers of
its own. It passes the SDP through (the phones hear each other), or puts a relay between the voices: its own, which keeps or
replaces SSRC, sequence numbers and time, or rtpengine. It serves blind transfers (REFER) itself and rings several phones at once.

    with b2bua.Switch("127.0.0.20") as switch:
        switch.routes["600"] = [Route([("2001", "127.0.1.2")], media=Relay(), session_id=True)]
        phone.dial(switch.at("600"))
"""
import os, queue, re, select, socket, threading, types, uuid

from sip_wire import Message, compose, response

SDP = [("Content-Type", "application/sdp")]


class Direct:
    """The SDP as it is: voices go from phone to phone."""

    anchored = False

    def cross(self, call, leg, sdp):
        return sdp

    def end(self, call):
        pass


class Relay:
    """Two ports of the switch a call. replace: the far side hears an SSRC, sequence numbers and times that are the relay's."""

    anchored = True

    def __init__(self, replace=False):
        self.replace, self.calls = replace, {}

    def cross(self, call, leg, sdp):
        ways = self.calls.get(call) or self.calls.setdefault(call, self.open(call.switch.address))
        text = sdp.decode()
        side = 0 if leg is call.caller else 1
        ways.peers[side] = re.search(r"^c=IN IP4 (\S+)", text, re.M)[1].strip(), int(re.search(r"^m=audio (\d+)", text, re.M)[1])
        host, port = ways.sockets[1 - side].getsockname()
        return re.sub(r"^m=audio \d+", f"m=audio {port}", re.sub(r"IN IP4 \S+", f"IN IP4 {host}", text), flags=re.M).encode()

    def open(self, address):
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for one in sockets:
            one.bind((address, 0))
        ways = types.SimpleNamespace(sockets=sockets, peers=[None, None], open=True, names={})
        ways.thread = threading.Thread(target=self.carry, args=(ways,), daemon=True)
        ways.thread.start()
        return ways

    def carry(self, ways):
        while ways.open:
            for ready in select.select(ways.sockets, [], [], 0.2)[0]:
                data, side = ready.recv(4096), ways.sockets.index(ready)
                if ways.peers[1 - side]:
                    ways.sockets[1 - side].sendto(self.renamed(ways, side, data) if self.replace else data, ways.peers[1 - side])

    def renamed(self, ways, side, data):
        own = ways.names.setdefault((side, data[8:12]), os.urandom(10))
        add = lambda at, size: ((int.from_bytes(data[at:at + size], "big") + int.from_bytes(own[at:at + size], "big")) % 256**size).to_bytes(size, "big")
        return data[:2] + add(2, 2) + add(4, 4) + own[:4] + data[12:]

    def end(self, call):
        ways = self.calls.pop(call, None)
        if ways:
            ways.open = False
            ways.thread.join()
            for one in ways.sockets:
                one.close()


class Rtpengine:
    """ask: forker.Border's."""

    anchored = True

    def __init__(self, ask):
        self.ask = ask

    def cross(self, call, leg, sdp):
        more = dict(call_id=call.id, from_tag="caller", sdp=sdp.decode(), flags=["replace-origin"], ICE="remove")
        return self.ask("offer" if leg is call.caller else "answer", **more, **({} if leg is call.caller else {"to_tag": "callee"}))["sdp"].encode()

    def end(self, call):
        self.ask("delete", call_id=call.id, from_tag="caller")


class Route:
    """Where the next call to a number leads. targets: (user, address) of each phone that is to ring. shown: what the phones see as the number that
    was called, None for their own. header: a name under which both calls carry one value of their own."""

    def __init__(self, targets, media=None, session_id=False, header=None, shown=None):
        self.targets, self.media, self.session_id, self.header, self.shown = targets, media or Direct(), session_id, header, shown


class Leg:
    """One dialog of the switch with a phone."""

    def __init__(self, call, call_id, local, remote, target, where):
        self.call, self.call_id, self.local, self.remote, self.target, self.where = call, call_id, local, remote, target, where
        self.sequence, self.sdp, self.state, self.invite = 1, b"", "ringing", None


class Call:
    """What came in, and all that was made of it."""

    def __init__(self, switch, route):
        self.switch, self.route, self.id = switch, route, uuid.uuid4().hex
        self.ends = {True: uuid.uuid4().hex, False: uuid.uuid4().hex}  # of the caller and of the callee, as sessions name them
        self.caller, self.callees, self.callee, self.referrer = None, [], None, None

    def names(self, leg, fresh=False):
        """The headers by which the two calls may be known as one, in a message to this leg's phone."""
        mine, other = self.ends[leg is not self.caller], self.ends[leg is self.caller]
        found = [("Session-ID", f"{mine};remote={'0' * 32 if fresh else other}")] if self.route.session_id else []
        return found + ([(self.route.header, self.id)] if self.route.header else [])


class Switch:
    """Use as a context manager."""

    def __init__(self, address):
        self.address, self.routes, self.legs, self.failures = address, {}, {}, queue.Queue()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 5060))
        self.socket.settimeout(0.2)
        self.open = True
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.open = False
        self.thread.join()
        self.socket.close()
        for leg in self.legs.values():
            leg.call.route.media.end(leg.call)

    def at(self, number):
        """As phones.Phone.dial() wants whom it calls."""
        return types.SimpleNamespace(user=number, address=self.address)

    def read(self):
        while self.open:
            try:
                data, source = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            if not data.strip():
                continue
            try:
                message = Message(data)
                if message.status:
                    self.on_response(message)
                else:
                    getattr(self, "on_" + message.method.lower(), self.on_other)(message, source)
            except Exception as problem:  # a test asks for it at its end
                self.failures.put(problem)

    # ---- what is sent

    def reply(self, request, source, status, reason, headers=(), body=b""):
        contact = [("Contact", f"<sip:{self.address}:5060>")]
        self.socket.sendto(response(request, status, reason, contact + list(headers), body, tag="switch"), source)

    def request(self, leg, method, headers=(), body=b"", branch=None, sequence=None):
        if method not in ("ACK", "CANCEL"):
            leg.sequence += 1
        fixed = [("Via", f"SIP/2.0/UDP {self.address}:5060;branch={branch or 'z9hG4bK' + uuid.uuid4().hex}"), ("Max-Forwards", "70"),
                 ("From", leg.local), ("To", leg.remote), ("Call-ID", leg.call_id), ("CSeq", f"{sequence or leg.sequence} {method}"),
                 ("Contact", f"<sip:{self.address}:5060>")]
        data = compose(f"{method} {leg.target} SIP/2.0", [*fixed, *headers], body)
        self.socket.sendto(data, leg.where)
        return Message(data)

    def ring(self, call, user, address, sdp):
        caller = re.search(r"^(.*?)<sip:([^@>]+)", call.caller.remote)
        target = f"sip:{user}@{address}"
        leg = Leg(call, uuid.uuid4().hex, f"{caller[1]}<sip:{caller[2]}@{self.address}>;tag={uuid.uuid4().hex[:8]}",
                  f"<sip:{call.route.shown or user}@{address}>", target, (address, 5060))
        self.legs[leg.call_id] = leg
        call.callees.append(leg)
        leg.invite = self.request(leg, "INVITE", SDP + call.names(leg, True), sdp)

    # ---- what comes

    def on_invite(self, request, source):
        leg = self.legs.get(request.header("call-id"))
        if leg:
            if leg.invite.branch != request.branch:
                self.reply(request, source, 488, "Not Acceptable Here")
            return
        number = re.search(r"sip:([^@;>]+)", request.start)[1]
        if not self.routes.get(number):
            return self.reply(request, source, 404, "Not Found")
        route = self.routes[number].pop(0)
        call = Call(self, route)
        to = request.header("to")
        leg = call.caller = Leg(call, request.header("call-id"), f"{to};tag=switch", request.header("from"),
                                re.search(r"<([^>]+)>", request.header("contact"))[1], source)
        leg.invite, leg.sdp = request, request.body
        self.legs[leg.call_id] = leg
        self.reply(request, source, 100, "Trying")
        offer = route.media.cross(call, leg, request.body)
        for user, address in route.targets:
            self.ring(call, user, address, offer)

    def on_cancel(self, request, source):
        leg = self.legs[request.header("call-id")]
        self.reply(request, source, 200, "OK")
        self.refuse(leg.call, 487, "Request Terminated")
        self.stop_ringing(leg.call)

    def on_bye(self, request, source):
        self.reply(request, source, 200, "OK")
        leg = self.legs[request.header("call-id")]
        call = leg.call
        was, leg.state = leg.state, "over"
        if leg is call.referrer or was == "over":
            return
        for other in (call.caller, call.callee):
            if other is not leg:
                self.hang_up(other)
        call.route.media.end(call)

    def on_refer(self, request, source):
        """The phone wants its partner at another one: the switch calls that, and the partner's call goes on."""
        leg = self.legs[request.header("call-id")]
        call = leg.call
        self.reply(request, source, 202, "Accepted")
        self.notify(leg, "SIP/2.0 100 Trying", "active")
        user, address = re.search(r"sip:([^@;>]+)@([^:;>]+)", request.header("refer-to")).groups()
        call.referrer = leg
        self.ring(call, user, address, call.route.media.cross(call, call.caller, call.caller.sdp))

    def on_other(self, request, source):
        if request.method != "ACK":
            self.reply(request, source, 200, "OK")

    def on_response(self, answer):
        leg = self.legs.get(answer.header("call-id"))
        if not leg or answer.method != "INVITE" or answer.status == 100:
            return
        call = leg.call
        if answer.status < 200:
            if leg.state == "ringing" and not call.callee:
                self.reply(call.caller.invite, call.caller.where, 180, "Ringing", call.names(call.caller))
        elif answer.status < 300:
            self.answered(call, leg, answer)
        else:
            leg.remote, leg.state = answer.header("to"), "over"
            self.request(leg, "ACK", branch=leg.invite.branch, sequence=leg.sequence)
            if not call.callee and all(one.state == "over" for one in call.callees):
                self.refuse(call, answer.status, "No")

    # ---- what follows from it

    def answered(self, call, leg, answer):
        leg.remote = answer.header("to")
        if leg is not call.caller:
            leg.target = re.search(r"<([^>]+)>", answer.header("contact"))[1]
        self.request(leg, "ACK", call.names(leg), sequence=leg.sequence)
        if leg is call.caller or leg.state == "up":
            return  # of our own re-INVITE, or said again
        leg.state, before, call.callee = "up", call.callee, leg
        sdp = call.route.media.cross(call, leg, answer.body)
        if not before:
            call.caller.state = "up"
            self.reply(call.caller.invite, call.caller.where, 200, "OK", SDP + call.names(call.caller), sdp)
            return self.stop_ringing(call)
        if not call.route.media.anchored:
            self.request(call.caller, "INVITE", SDP + call.names(call.caller), sdp)
        self.notify(call.referrer, "SIP/2.0 200 OK", "terminated;reason=noresource")
        self.hang_up(call.referrer)

    def stop_ringing(self, call):
        for leg in call.callees:
            if leg.state == "ringing":
                leg.state = "cancelled"
                self.request(leg, "CANCEL", branch=leg.invite.branch, sequence=leg.sequence)

    def refuse(self, call, status, reason):
        if call.caller.state == "ringing":
            call.caller.state = "over"
            self.reply(call.caller.invite, call.caller.where, status, reason)
            call.route.media.end(call)

    def hang_up(self, leg):
        if leg.state == "up":
            leg.state = "over"
            self.request(leg, "BYE", leg.call.names(leg))

    def notify(self, leg, line, state):
        self.request(leg, "NOTIFY", [("Event", "refer"), ("Subscription-State", state), ("Content-Type", "message/sipfrag;version=2.0")], line + "\r\n")
