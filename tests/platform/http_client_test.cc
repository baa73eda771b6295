#include "platform/http_client.h"

#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "platform/atomic_file.h"
#include "tests/platform/fake_http_server.h"
#include "tests/platform/gzip_for_test.h"
#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;
using std::chrono::seconds;
using testing::FakeHttpServer;

HttpRequest To(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.deadline = seconds(10);
  request.allow_private_addresses = true;  // the fake servers are on loopback
  return request;
}

class HttpClientTest : public ::testing::Test {
 protected:
  CurlHttpClient client_{"sekisho-test"};
};

TEST_F(HttpClientTest, GivesTheBodyAndItsValidators) {
  FakeHttpServer server(FakeHttpServer::Always(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"v1\"\r\nContent-Type: text/plain\r\n"
      "Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT\r\n\r\nhello"));
  const auto response = client_.Get(To(server.Url("/list?token=1")));
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->etag, "\"v1\"");
  EXPECT_EQ(response->last_modified, "Tue, 24 Nov 2026 10:00:00 GMT");
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->final_url, server.Url("/list?token=1"));
  EXPECT_TRUE(server.heads().at(0).starts_with("GET /list?token=1 HTTP/1.1\r\n"));
}

TEST_F(HttpClientTest, AsksConditionallyAndUnderstandsNotModified) {
  FakeHttpServer server(
      FakeHttpServer::Always("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n"));
  HttpRequest request = To(server.Url());
  request.etag = "\"v1\"";
  request.last_modified = "Tue, 24 Nov 2026 10:00:00 GMT";
  const auto response = client_.Get(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 304);
  const std::string head = server.heads().at(0);
  EXPECT_NE(head.find("If-None-Match: \"v1\"\r\n"), std::string::npos);
  EXPECT_NE(head.find("If-Modified-Since: Tue, 24 Nov 2026 10:00:00 GMT\r\n"), std::string::npos);
}

TEST_F(HttpClientTest, DecodesGzipAndDeflate) {
  for (const auto& [encoding, body] :
       {std::pair("gzip", testing::Gzipped("a.example\n")),
        std::pair("deflate", testing::ZlibDeflated("a.example\n"))}) {
    FakeHttpServer server(FakeHttpServer::Always(
        "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(encoding) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    const auto response = client_.Get(To(server.Url()));
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->body, "a.example\n");
    EXPECT_NE(server.heads().at(0).find("Accept-Encoding: gzip, deflate\r\n"), std::string::npos);
  }
}

TEST_F(HttpClientTest, HandsErrorStatusesToTheCaller) {
  for (const int status : {401, 403, 404, 410, 429, 500, 503}) {
    FakeHttpServer server(
        FakeHttpServer::Always("HTTP/1.1 " + std::to_string(status) +
                               " X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"));
    const auto response = client_.Get(To(server.Url()));
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->retry_after, "60");
  }
}

TEST_F(HttpClientTest, SendsCredentialsAndHeadersToTheOriginAsked) {
  FakeHttpServer server(FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = To(server.Url());
  request.headers = {{"Auth-Key", "k1"}};
  request.bearer_token = "t1";
  ASSERT_TRUE(client_.Get(request));
  request.bearer_token.clear();
  request.user = "u";
  request.password = "p";
  ASSERT_TRUE(client_.Get(request));
  EXPECT_NE(server.heads().at(0).find("Auth-Key: k1\r\n"), std::string::npos);
  EXPECT_NE(server.heads().at(0).find("Authorization: Bearer t1\r\n"), std::string::npos);
  EXPECT_NE(server.heads().at(1).find("Authorization: Basic dTpw\r\n"), std::string::npos);
}

TEST_F(HttpClientTest, FollowsFiveRedirectsButNotSix) {
  // "/5" leads to "/4", and so on to "/0", which answers.
  FakeHttpServer server([](FakeHttpServer::Connection& connection) {
    const std::string head = connection.ReadHead();
    if (head.size() < 6) return;
    const char digit = head[5];
    if (digit == '0') {
      connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    } else {
      connection.Send(
          "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /" +
          std::string(1, static_cast<char>(digit - 1)) + "\r\n\r\n");
    }
  });
  const auto five = client_.Get(To(server.Url("/5")));
  ASSERT_TRUE(five) << five.error().detail;
  EXPECT_EQ(five->body, "ok");
  EXPECT_EQ(five->final_url, server.Url("/0"));
  const auto six = client_.Get(To(server.Url("/6")));
  ASSERT_FALSE(six);
  EXPECT_EQ(six.error().code, ErrorCode::exhausted);
}

TEST_F(HttpClientTest, RefusesUrlsThatItShouldNotOpen) {
  const std::pair<const char*, ErrorCode> cases[] = {
      {"", ErrorCode::malformed_input},
      {"http://", ErrorCode::malformed_input},
      {"http://a b/", ErrorCode::malformed_input},
      {"http://a.example/\r\nX: y", ErrorCode::malformed_input},
      {"ftp://127.0.0.1/", ErrorCode::not_allowed},
      {"gopher://127.0.0.1/", ErrorCode::not_allowed},
      {"file:///etc/passwd", ErrorCode::not_allowed},
      {"http://user:secret@127.0.0.1/", ErrorCode::not_allowed},
      {"http://user@127.0.0.1/", ErrorCode::not_allowed},
  };
  for (const auto& [url, code] : cases) {
    const auto response = client_.Get(To(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, code) << url << ": " << response.error().detail;
  }
}

TEST_F(HttpClientTest, RefusesHeadersThatWouldBecomeTwo) {
  HttpRequest request = To("http://127.0.0.1:1/");
  request.headers = {{"X", "a\r\nY: b"}};
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::malformed_input);
  request.headers = {{"X y", "a"}};
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::malformed_input);
  request.headers.clear();
  request.bearer_token = "a\nb";
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::malformed_input);
}

TEST_F(HttpClientTest, CapsTheHeaders) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1000; ++i) many += "X: y\r\n";
  FakeHttpServer server(FakeHttpServer::Always(many + "Content-Length: 0\r\n\r\n"));
  const auto response = client_.Get(To(server.Url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::exhausted);
}

TEST_F(HttpClientTest, CapsTheBodyAtExactlyTheBytesAllowed) {
  FakeHttpServer server(
      FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  HttpRequest request = To(server.Url());
  request.body_size_max = 5;
  EXPECT_TRUE(client_.Get(request));
  request.body_size_max = 4;
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::exhausted);
}

TEST_F(HttpClientTest, LeavesTheQueryOutOfErrors) {
  const auto response = client_.Get(To("http://127.0.0.1:1/list?key=hunter2"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_EQ(response.error().detail.find("hunter2"), std::string::npos) << response.error().detail;
  EXPECT_NE(response.error().detail.find("http://127.0.0.1:1/list"), std::string::npos);
}

TEST_F(HttpClientTest, EndsWhenItIsAskedToStop) {
  FakeHttpServer server([](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Pause(seconds(60));
  });
  std::stop_source source;
  HttpRequest request = To(server.Url());
  request.deadline = seconds(60);
  request.stop = source.get_token();
  std::jthread stopper([&] {
    while (server.heads().empty()) std::this_thread::yield();
    source.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST_F(HttpClientTest, ReadsAFileOnlyIfAllowedAndOnlyOnce) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "list a", "a.example\n"));
  HttpRequest request = To("file://" + folder.path().string() + "/list%20a");
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::not_allowed);
  request.allow_file = true;
  const auto first = client_.Get(request);
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->body, "a.example\n");
  request.etag = first->etag;
  EXPECT_EQ(client_.Get(request)->status, 304);
  request.body_size_max = 3;
  request.etag.clear();
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::exhausted);
  request.url += ".none";
  EXPECT_EQ(client_.Get(request).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace platform
