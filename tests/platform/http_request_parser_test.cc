#include "platform/http_request_parser.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

using Refusal = HttpRequestParser::Refusal;

HttpServerLimits SmallLimits() {
  HttpServerLimits limits;
  limits.header_size_max = 1024;
  limits.header_count_max = 10;
  limits.body_size_max = 16;
  return limits;
}

// The status it is refused with; 0 if it makes a request, -1 if it wants more.
int Outcome(std::string_view bytes) {
  HttpRequestParser parser(SmallLimits());
  if (const auto refusal = parser.Feed(bytes)) return refusal->status;
  return parser.done() ? 0 : -1;
}

int OutcomeByteByByte(std::string_view bytes) {
  HttpRequestParser parser(SmallLimits());
  for (const char c : bytes) {
    if (parser.done()) break;
    if (const auto refusal = parser.Feed({&c, 1})) return refusal->status;
  }
  return parser.done() ? 0 : -1;
}

struct Case {
  const char* name;
  std::string bytes;
  int outcome;
};

const std::string kHost = "Host: a.example\r\n";

std::vector<Case> Cases() {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  const std::string get = "GET / HTTP/1.1\r\n";
  return {
      {"plain GET", get + kHost + "\r\n", 0},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0},
      {"Content-Length", post + "Content-Length: 3\r\n\r\nabc", 0},
      {"chunked", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0},
      {"chunked in capitals", post + "transfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n", 0},
      {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", 0},
      {"empty line first", "\r\n" + get + kHost + "\r\n", 0},
      {"head not whole", get + kHost, -1},
      {"body not whole", post + "Content-Length: 3\r\n\r\nab", -1},

      // Request smuggling: RFC 9112 section 11.2.
      {"both lengths", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"both lengths, other order",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"two lengths that differ", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
      {"two lengths that agree", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"length with a sign", post + "Content-Length: +3\r\n\r\nabc", 400},
      {"negative length", post + "Content-Length: -3\r\n\r\nabc", 400},
      {"hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc", 400},
      {"empty length", post + "Content-Length: \r\n\r\n", 400},
      {"overflowing length", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"space before the colon", post + "Content-Length : 3\r\n\r\nabc", 400},
      {"space before the first name", get + " Host: a.example\r\n\r\n", 400},
      {"folded header", get + kHost + "X: a\r\n b\r\n\r\n", 400},
      {"folded by a tab", get + kHost + "X: a\r\n\tb\r\n\r\n", 400},
      {"bare LF in the head", get + "Host: a.example\n\r\n", 400},
      {"bare LF all over", "GET / HTTP/1.1\nHost: a.example\n\n", 400},
      {"bare CR in a value", get + kHost + "X: a\rb\r\n\r\n", 400},
      {"NUL in a value", get + kHost + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\n", 17) + kHost + "\r\n", 400},
      {"header without a colon", get + kHost + "X\r\n\r\n", 400},
      {"header without a name", get + kHost + ": x\r\n\r\n", 400},
      {"bare LF after a chunk size", post + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
       400},
      {"chunk size with a sign", post + "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
       400},
      {"chunk size 0x3", post + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 400},
      {"chunk longer than its size",
       post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
      {"overflowing chunk size",
       post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400},

      {"no Host", get + "\r\n", 400},
      {"two Hosts", get + kHost + kHost + "\r\n", 400},
      {"Host with a path", get + "Host: a.example/x\r\n\r\n", 400},
      {"Host with a user", get + "Host: u@a.example\r\n\r\n", 400},
      {"absolute target", "GET http://b.example/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"CONNECT", "CONNECT b.example:443 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"target with a fragment", "GET /#x HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"target with raw UTF-8", "GET /\xc3\xa9 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\n" + kHost + "\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\n" + kHost + "\r\n", 505},
      {"TLS to a plain port", "\x16\x03\x01\x02\r\n\r\n", 400},

      {"long head", get + kHost + "X: " + std::string(2000, 'x'), 431},
      {"long target", "GET /" + std::string(2000, 'x'), 431},
      {"many headers",
       get + kHost + "a:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\n\r\n",
       431},
      {"long body", post + "Content-Length: 17\r\n\r\n", 413},
      {"long chunks",
       post + "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n9\r\n123456789\r\n", 413},
      {"long trailer",
       post + "Transfer-Encoding: chunked\r\n\r\n0\r\na:b\r\nX: " + std::string(2000, 'x'), 431},
      {"bare LF in a trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\na:b\n\r\n", 400},
      {"trailer without a colon", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nab\r\n\r\n", 400},
      {"no chunk size", post + "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
      {"blank before a chunk size",
       post + "Transfer-Encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n", 400},
      {"long chunk extension",
       post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(2000, 'x'), 431},
  };
}

TEST(HttpRequestParserTest, N7_RefusesWhateverTwoParsersCouldReadDifferently) {
  for (const Case& c : Cases()) EXPECT_EQ(Outcome(c.bytes), c.outcome) << c.name;
}

TEST(HttpRequestParserTest, DecidesTheSameForBytesThatComeOneByOne) {
  for (const Case& c : Cases()) EXPECT_EQ(OutcomeByteByByte(c.bytes), c.outcome) << c.name;
}

TEST(HttpRequestParserTest, TakesARequestApart) {
  HttpRequestParser parser(SmallLimits());
  ASSERT_FALSE(
      parser.Feed("PUT /a%2fb?x=1?y HTTP/1.1\r\nHost: a.example\r\nX-Y:  z \r\n"
                  "Content-Length: 4\r\n\r\nbodyGET / HT"));
  ASSERT_TRUE(parser.done());
  EXPECT_TRUE(parser.keep_alive());
  const HttpServerRequest request = parser.TakeRequest();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.path, "/a%2fb");
  EXPECT_EQ(request.query, "x=1?y");
  EXPECT_EQ(request.Header("x-y"), "z");
  EXPECT_EQ(request.Header("none"), "");
  EXPECT_EQ(request.body, "body");
  EXPECT_EQ(parser.TakeRest(), "GET / HT");
}

TEST(HttpRequestParserTest, DoesNotTakeATrailerForAHeader) {
  HttpRequestParser parser(SmallLimits());
  ASSERT_FALSE(
      parser.Feed("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n"
                  "\r\n2\r\nab\r\n0\r\nAuthorization: Bearer x\r\n\r\nrest"));
  ASSERT_TRUE(parser.done());
  const HttpServerRequest request = parser.TakeRequest();
  EXPECT_EQ(request.body, "ab");
  EXPECT_EQ(request.Header("Authorization"), "");
  EXPECT_EQ(parser.TakeRest(), "rest");
}

TEST(HttpRequestParserTest, StaysRefusedOnceItHasRefused) {
  HttpRequestParser parser(SmallLimits());
  ASSERT_TRUE(parser.Feed("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(parser.Feed("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"));
}

TEST(HttpRequestParserTest, KnowsWhetherTheConnectionGoesOn) {
  const std::pair<const char*, bool> cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  for (const auto& [bytes, keep_alive] : cases) {
    HttpRequestParser parser(SmallLimits());
    ASSERT_FALSE(parser.Feed(bytes)) << bytes;
    EXPECT_EQ(parser.keep_alive(), keep_alive) << bytes;
  }
}

}  // namespace
}  // namespace platform
