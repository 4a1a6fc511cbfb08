import { expect } from "expect";
import { isLoopback, parseAuthority, parseHostname } from "../lib/host_name.ts";

Deno.test("parseAuthority gives one spelling to each host", () => {
  const spellings: Record<string, [hostname: string, port: string]> = {
    "Example.COM": ["example.com", ""],
    "example.com.": ["example.com", ""],
    "example.com:80": ["example.com", ""],
    "example.com:443": ["example.com", ""],
    "example.com:8000": ["example.com", "8000"],
    "example.com.:08000": ["example.com", "8000"],
    "example.com:": ["example.com", ""],
    "127.1": ["127.0.0.1", ""],
    "0x7f.0.0.1:8000": ["127.0.0.1", "8000"],
    "2130706433": ["127.0.0.1", ""],
    "[::1]:8000": ["[::1]", "8000"],
    "[0:0:0:0:0:0:0:1]": ["[::1]", ""],
    "[FD00::0002]": ["[fd00::2]", ""],
    "bücher.example": ["xn--bcher-kva.example", ""],
  };
  for (const [text, [hostname, port]] of Object.entries(spellings)) {
    expect([text, parseAuthority(text)]).toEqual([text, { hostname, port }]);
  }
});

Deno.test("parseAuthority takes nothing but a host and a port", () => {
  const wrong = ["", " ", "a b", "a/b", "a\\b", "a?b", "a#b", "user@a", "user:password@a", "%61"];
  wrong.push("::1", "[::1", "[::zz]", "a:b", "a:99999", "http://a", "999.1.1.1", "a\tb", "a\nb");
  for (const text of wrong) expect([text, parseAuthority(text)]).toEqual([text, undefined]);
});

Deno.test("parseHostname takes addresses with and without brackets, and no port", () => {
  const names = ["Example.com.", "127.0.0.1", "::1", "[::1]", "fd00::2"];
  expect(names.map(parseHostname)).toEqual([
    ...["example.com", "127.0.0.1", "[::1]", "[::1]", "[fd00::2]"],
  ]);
  for (const text of ["", "a:80", "a:8000", "[::1]:80", "a:", "http://a", "a/b", "*", "a,b"]) {
    expect([text, parseHostname(text)]).toEqual([text, undefined]);
  }
});

Deno.test("isLoopback knows the names and addresses of the machine itself, and no others", () => {
  const own = ["localhost", "camera.localhost", "127.0.0.1", "127.200.3.4", "[::1]"];
  const mapped = parseHostname("::ffff:127.0.0.1") ?? "";
  for (const name of [...own, mapped]) expect([name, isLoopback(name)]).toEqual([name, true]);
  const others = ["localhost.example", "notlocalhost", "127.example.com", "127.0.0.1.example.com"];
  others.push("128.0.0.1", "[::2]", "[::ffff:8000:1]", "0.0.0.0", "");
  for (const name of others) expect([name, isLoopback(name)]).toEqual([name, false]);
});
