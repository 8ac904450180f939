"""What people and programs send who mean no good: each with a word on what it tries."""

# Texts that are kept as they are, told as they are, and shown as nothing but texts.
KEPT = {
    "SQL that ends a string": "'; DROP TABLE parks_park; --",
    "SQL that is always true": '" OR "1"="1',
    "SQL wildcards": "%_\\%",
    "a placeholder of Python's": "%(name)s %s {0.__class__} ${jndi:ldap://127.0.0.1/a}",
    "a template of Django's": "{{ request.user }}{% debug %}",
    "a formula that runs a program": "=cmd|' /C calc'!A0",
    "a formula that sends a cell away": '=HYPERLINK("http://127.0.0.1/?"&A1,"x")',
    "a formula of older spreadsheets": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a formula that begins with a plus": "+1+cmd|' /C calc'!A0",
    "a formula that begins with a minus": "-2+3+cmd|' /C calc'!A0",
    "a formula in full width": "＝1＋1",
    "a formula behind an apostrophe": "'=1+1",
    "markup": "<script>alert(1)</script>",
    "markup that leaves an attribute": '"><img src=x onerror=alert(1)>',
    "markup that leaves a text area": "</textarea></title><svg onload=alert(1)>",
    "an end of a script in JSON": "</script><!--<script>",
    "an entity": "&lt;b&gt;&#x3c;i&#x3e;",
    "a path": "../../../../etc/passwd",
    "a path that is encoded": "..%2f..%2fetc%2fpasswd%00",
    "headers": "a%0d%0aSet-Cookie:%20b=c",
    "a name with a Cyrillic letter": "Jіangyin",
    "letters of full width": "Ｊｉａｎｇｙｉｎ",
    "many marks on one letter": "Z" + "\u0301" * 60,
    "a mark that orders what has no order": "a\u200fb",
    "an astral character": "🏭𠀀",
}

# Texts that would not look like what they are, or that no database keeps.
REFUSED = {
    "NUL": "a\0b",
    "an escape to a terminal": "a\x1b[2Jb",
    "half a character": "a\ud800b",
    "what turns letters round": "江阴\u202egnij",
    "what sets letters apart": "a\u2066b\u2069",
    "no character": "a\ufffeb",
    "a new line, as in headers": "a\r\nSet-Cookie: b=c",
}

# Markup that runs `alert`, wherever it is taken for markup; what it makes there has the attribute `hostile`.
MARKUP = {
    "an end of whatever it stands in": "\"'--></title></textarea></style></script><img src=x hostile onerror=alert(1)>",
    "a script": "<script hostile>alert(1)</script>",
    "an attribute in double quotes": '" autofocus onfocus=alert(1) hostile x="',
    "an attribute in single quotes": "' autofocus onfocus=alert(1) hostile x='",
    "a drawing": "<svg hostile onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
    "a file that runs": '<iframe hostile srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "attributes that Alpine runs": '<b hostile x-data x-init="alert(1)" @click="alert(1)">b</b>',
    "entities, for who decodes twice": "&lt;img src=x hostile onerror=alert(1)&gt;",
    "escapes, for who reads JSON twice": "\\u003cimg src=x hostile onerror=alert(1)\\u003e",
    "a text of a script": "';alert(1);//\\';alert(1);//${alert(1)}`",
    "an expression of a template": "{{constructor.constructor('alert(1)')()}}{% debug %}",
}

# Addresses that run `alert` when they are followed.
SCHEMES = [
    "javascript:alert(1)",
    " JaVa\tScRiPt:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:alert(1)",
]

MANY = 400_000

# Bodies that cost more than they seem to, and what is said of them. None is larger than a body may be.
BODIES = {
    "a name twice, after very many": (
        "{" + "".join(f'"a{number}":1,' for number in range(MANY)) + '"z":1,"z":2}',
        "twice",
    ),
    "very many fields that there are not": (
        "{" + ",".join(f'"a{number}":1' for number in range(MANY)) + "}",
        "fields are not known",
    ),
    "very many rows": ('{"roles":[' + ",".join(["{}"] * 1_500_000) + "]}", "lists and objects"),
    "very many rows of one value": ('{"roles":[' + ",".join(['{"a":1}'] * 600_000) + "]}", "lists and objects"),
    "very many lists": ('{"roles":[' + ",".join(["[]"] * 1_500_000) + "]}", "lists and objects"),
    "as many rows as are read": ('{"roles":[' + ",".join(["{}"] * 40_000) + "]}", "at most 200 rows"),
    "as many rows as are read, with NUL": ('{"roles":["\\u0000",' + ",".join(["{}"] * 40_000) + "]}", "NUL"),
    "a very long list": ('{"slug":[' + ",".join(["1"] * 2_400_000) + "]}", "is required"),
    "lists in one another": ('{"roles":' + "[" * 900 + "]" * 900 + "}", "nested"),
    "a very large number": ('{"latitude":1e999999,"longitude":1}', "is required"),
    "a very large number as a text": ('{"latitude":"1e999999","longitude":"1"}', "is required"),
    "a very small number": ('{"latitude":"1e-99999999999999999999","longitude":"1"}', "is required"),
    "a number of very many digits": ('{"latitude":"' + "9" * 4_000_000 + '","longitude":"1"}', "is required"),
    "a whole number of very many digits": ('{"industries":[{"rank":"' + "9" * 100_000 + '"}]}', "is required"),
    "a date of very many digits": ('{"established":"' + "2" * 4_000_000 + '"}', "is not a date"),
    "an address of very many parts": ('{"website":"http://' + "a." * 2_000_000 + '"}', "is required"),
    "a key of very many letters": ('{"slug":"' + "a-" * 2_000_000 + '"}', "is required"),
    "a body that ends early": ('{"slug":"' + "x" * 4_000_000 + '"', "not JSON"),
    "nothing but lines": ("\n" * 4_000_000, "not JSON"),
}

# Names of files that are sent, and what of each is kept.
FILE_NAMES = {
    "../../../../tmp/up.csv": "up.csv",
    "..\\..\\up.csv": "up.csv",
    "/etc/cron.d/up.csv": "up.csv",
    "C:\\windows\\up.csv": "up.csv",
    "~root.csv": "~root.csv",
    "-rf.csv": "-rf.csv",
    "$(touch up).csv": "$(touch up).csv",
    "=cmd|' C calc'!A0.csv": "=cmd|' C calc'!A0.csv",
    "up.csv; filename*=utf-8''run.exe": "up.csv; filename*=utf-8''run.exe",
    "%2e%2e%2fup.csv": "%2e%2e%2fup.csv",
    "{0.__class__}%(name)s.csv": "{0.__class__}%(name)s.csv",
    "园" * 200 + ".csv": "园" * 200 + ".csv",
    "a" * 400 + ".csv": "a" * 251 + ".csv",
    "lock": "lock",
    "\u202evsc.exe": "vsc.exe",
    "up\x1b[2J.csv": "up[2J.csv",
}

# The ends of addresses.
PATHS = {
    "a way up": "../../etc/passwd",
    "a way up that is encoded": "..%2f..%2fetc%2fpasswd",
    "a way up that is encoded twice": "%252e%252e%252f",
    "a way up of another system": "..%5c..%5cboot.ini",
    "a way up in overlong UTF-8": "%c0%ae%c0%ae%c0%af",
    "a NUL": "a%00.json",
    "a line end": "a%0d%0aSet-Cookie:%20b=c",
    "half a character": "%ed%a0%80",
    "what turns letters round": "%e2%80%ae",
    "another host": "/evil.example/",
    "a parameter of a path": ";a=b/",
    "an encoded question": "%3fa=b",
    "very many letters": "a" * 7000,
    "SQL": "'%20OR%201=1--",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "a template": "%7B%7B7*7%7D%7D",
}

# Headers that a server might believe.
HEADERS = {
    "Accept": "*/*;q=" + "9" * 4000,
    "Accept-Language": "../../etc,zh-" + "x" * 4000,
    "Authorization": "Token " + "x" * 4000,
    "Cookie": "sessionid=" + "../" * 500 + "; django_language=../../etc; csrftoken=\x01",
    "If-Match": '"' + "a" * 4000,
    "If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT",
    "If-None-Match": "W/" * 2000,
    "Range": "bytes=" + "0-," * 1000,
    "X-Forwarded-For": "' OR 1=1--, 999.999.999.999",
    "X-Forwarded-Host": "evil.example",
    "X-HTTP-Method-Override": "DELETE",
    "X-Original-URL": "/admin/",
    "X-Request-ID": "a" * 4000,
    "Forwarded": 'for="[::1";host=evil.example',
    "Origin": "null",
    "Referer": "javascript:alert(1)",
    "User-Agent": "() { :; }; echo",
    "Content-Encoding": "gzip",
}

# Bytes on a connection, some with another request behind: a server that answers that too was talked into it.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
REQUESTS = {
    "both lengths": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
    b"Content-Length: 45\r\n\r\n" + SMUGGLED,
    "a length with a sign": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +0\r\n\r\n" + SMUGGLED,
    "a length below zero": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n" + SMUGGLED,
    "a coding that is no coding": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a coding before a blank": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk of a wrong length": b"POST /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + SMUGGLED,
    "a header folded": b"GET /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n Content-Length: 5\r\n\r\n",
    "a header with a bare line end": b"GET /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\rX-B: c\r\n\r\n",
    "a header with a NUL": b"GET /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: \0\r\n\r\n",
    "a header of many letters": b"GET /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
    + b"a" * 20_000
    + b"\r\n\r\n",
    "very many headers": b"GET /api/v1/parks/ HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 500 + b"\r\n",
    "an address of many letters": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a host that is not ours": b"GET /en/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "another host in the address": b"GET http://evil.example/admin/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "an address of a proxy": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a method that is none": b"G\x01T / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}
