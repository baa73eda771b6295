// What hostile and broken servers do to a fetch, at the level of the HTTP client.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "platform/http_client.h"
#include "tests/platform/fake_http_server.h"
#include "tests/platform/gzip_for_test.h"

namespace platform {
namespace {

using policy::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeHttpServer;
using testing::Gzipped;

HttpRequest To(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.deadline = seconds(20);
  request.allow_private_addresses = true;
  return request;
}

long PeakMemoryKib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

FakeHttpServer::Script Redirect(std::string location) {
  return FakeHttpServer::Always("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location +
                                "\r\n\r\n");
}

TEST(FeedFaults, F6_RefusesABodyThatIsNotWhole) {
  const std::string gzip = Gzipped("a.example\nb.example\n");
  const std::string cut = gzip.substr(0, gzip.size() - 4);
  const std::pair<const char*, std::string> cases[] = {
      {"Content-Length larger than the body",
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na.example\n"},
      {"chunk cut short", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\na.example\n"},
      {"no last chunk",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\na.example\n\r\n"},
      {"end of the connection alone says where it ends",
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na.example\n"},
      {"gzip cut short inside a whole message",
       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
           std::to_string(cut.size()) + "\r\n\r\n" + cut},
      {"head cut short", "HTTP/1.1 200 OK\r\nContent-Le"},
      {"nothing at all", ""},
  };
  CurlHttpClient client("sekisho-test");
  for (const auto& [name, bytes] : cases) {
    FakeHttpServer server(FakeHttpServer::Always(bytes));
    const auto response = client.Get(To(server.Url()));
    ASSERT_FALSE(response) << name;
    EXPECT_EQ(response.error().code, ErrorCode::unavailable)
        << name << ": " << response.error().detail;
  }
}

TEST(FeedFaults, F6_RefusesBytesThatAreNotHttpOrNotTheEncodingTheyClaim) {
  CurlHttpClient client("sekisho-test");
  for (const char* bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\n<html>"}) {
    FakeHttpServer server(FakeHttpServer::Always(bytes));
    EXPECT_FALSE(client.Get(To(server.Url()))) << bytes;
  }
}

TEST(FeedFaults, F7_StopsAGzipBombAtTheCapWithoutTheMemory) {
  // 512 members of 4 MiB of zeros each: 2 GiB out of 2 MiB.
  const std::string member = Gzipped(std::string(4 * 1024 * 1024, '\0'));
  FakeHttpServer server([&member](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                    std::to_string(member.size() * 512) + "\r\n\r\n");
    for (int i = 0; i < 512 && connection.Send(member); ++i) {
    }
  });
  CurlHttpClient client("sekisho-test");
  HttpRequest request = To(server.Url());
  request.body_size_max = 8 * 1024 * 1024;
  const long before = PeakMemoryKib();
  const auto response = client.Get(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::exhausted) << response.error().detail;
  EXPECT_LT(PeakMemoryKib() - before, 64 * 1024);
}

TEST(FeedFaults, F7_StopsAnEndlessBodyOfNoDeclaredSize) {
  FakeHttpServer server([](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    while (connection.Send(chunk)) {
    }
  });
  CurlHttpClient client("sekisho-test");
  HttpRequest request = To(server.Url());
  request.body_size_max = 1024 * 1024;
  EXPECT_EQ(client.Get(request).error().code, ErrorCode::exhausted);
}

TEST(FeedFaults, F7_TakesADeclaredSizeOfZeroAtItsWord) {
  FakeHttpServer server(
      FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\na.example\n"));
  CurlHttpClient client("sekisho-test");
  const auto response = client.Get(To(server.Url()));
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "");
}

TEST(FeedFaults, F8_GivesUpOnASlowServerAtTheDeadlineWhileOthersAreServed) {
  FakeHttpServer slow([](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (connection.Send("x") && connection.Pause(milliseconds(50))) {
    }
  });
  FakeHttpServer quick(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  CurlHttpClient client("sekisho-test");
  HttpRequest request = To(slow.Url());
  request.deadline = milliseconds(800);
  const auto start = std::chrono::steady_clock::now();
  std::jthread other([&] { EXPECT_TRUE(client.Get(To(quick.Url()))); });
  const auto response = client.Get(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::exhausted) << response.error().detail;
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST(FeedFaults, F8_CountsAllRedirectsAgainstOneDeadline) {
  FakeHttpServer server([](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Pause(milliseconds(300));
    connection.Send(
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n"
        "Location: /again\r\n\r\n");
  });
  CurlHttpClient client("sekisho-test");
  HttpRequest request = To(server.Url());
  request.deadline = milliseconds(700);
  EXPECT_EQ(client.Get(request).error().code, ErrorCode::exhausted);
  EXPECT_LE(server.heads().size(), 3U);
}

TEST(FeedFaults, F9_RefusesPrivateAddressesHoweverTheyAreSpelt) {
  FakeHttpServer server(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const std::string port = std::to_string(server.port());
  CurlHttpClient client("sekisho-test");
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("localhost"), std::string("127.1"),
        std::string("2130706433"), std::string("0x7f.0.0.1"), std::string("0177.0.0.1"),
        std::string("0.0.0.0"), std::string("[::1]"), std::string("[::ffff:127.0.0.1]"),
        std::string("[::]"), std::string("169.254.169.254"), std::string("10.0.0.1"),
        std::string("192.168.0.1"), std::string("[fd00:ec2::254]"), std::string("[fe80::1]")}) {
    HttpRequest request = To("http://" + host + ":" + port + "/");
    request.allow_private_addresses = false;
    const auto response = client.Get(request);
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code, ErrorCode::not_allowed)
        << host << ": " << response.error().detail;
  }
  EXPECT_TRUE(server.heads().empty());
}

TEST(FeedFaults, F9_RefusesRedirectsOutOfHttp) {
  CurlHttpClient client("sekisho-test");
  for (const char* location : {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
                               "dict://127.0.0.1:11211/"}) {
    FakeHttpServer server(Redirect(location));
    HttpRequest request = To(server.Url());
    request.allow_file = true;  // for the URL asked, never for where a server sends us
    const auto response = client.Get(request);
    ASSERT_FALSE(response) << location;
    EXPECT_EQ(response.error().code, ErrorCode::not_allowed) << response.error().detail;
  }
}

TEST(FeedFaults, F9_KeepsCredentialsFromAnotherOrigin) {
  FakeHttpServer other(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  FakeHttpServer first(Redirect(other.Url("/stolen")));
  CurlHttpClient client("sekisho-test");
  HttpRequest bearer = To(first.Url());
  bearer.headers = {{"Auth-Key", "hunter2"}};
  bearer.bearer_token = "hunter2";
  HttpRequest basic = To(first.Url());
  basic.user = "user";
  basic.password = "hunter2";
  ASSERT_TRUE(client.Get(bearer));
  ASSERT_TRUE(client.Get(basic));
  EXPECT_NE(first.heads().at(0).find("hunter2"), std::string::npos);
  ASSERT_EQ(other.heads().size(), 2U);
  for (const std::string& head : other.heads()) {
    EXPECT_EQ(head.find("hunter2"), std::string::npos) << head;
    EXPECT_EQ(head.find("Authorization"), std::string::npos) << head;
  }
}

TEST(FeedFaults, F9_KeepsCredentialsWithinOneOrigin) {
  FakeHttpServer server([](FakeHttpServer::Connection& connection) {
    const bool first = connection.ReadHead().starts_with("GET / ");
    connection.Send(first ? "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n"
                            "Location: /moved\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  CurlHttpClient client("sekisho-test");
  HttpRequest request = To(server.Url());
  request.bearer_token = "t1";
  ASSERT_TRUE(client.Get(request));
  EXPECT_NE(server.heads().at(1).find("Authorization: Bearer t1"), std::string::npos);
}

TEST(FeedFaults, F9_PaysNoHeedToTheProxyVariablesOfTheEnvironment) {
  FakeHttpServer proxy(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"));
  FakeHttpServer server(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  ASSERT_EQ(::setenv("http_proxy", proxy.Url().c_str(), 1), 0);
  CurlHttpClient client("sekisho-test");
  const auto direct = client.Get(To(server.Url()));
  ::unsetenv("http_proxy");
  ASSERT_TRUE(direct) << direct.error().detail;
  EXPECT_EQ(direct->body, "ok");
  HttpRequest request = To(server.Url());
  request.proxy = proxy.Url();
  EXPECT_EQ(client.Get(request)->body, "proxy");
}

}  // namespace
}  // namespace platform
