#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/http_client.h"
#include "tests/platform/fake_http_server.h"

namespace platform {
namespace {

using policy::ErrorCode;
using testing::FakeHttpServer;

// Answers the first request with `redirect`, and every other with "ok"; keeps the bodies.
class PostServer {
 public:
  explicit PostServer(std::string redirect = "")
      : redirect_(std::move(redirect)),
        server_([this](FakeHttpServer::Connection& connection) { Answer(connection); }) {}

  std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  std::vector<std::string> heads() const { return server_.heads(); }
  std::string Url(std::string_view path = "/") const { return server_.Url(path); }

 private:
  void Answer(FakeHttpServer::Connection& connection) {
    const std::string body = connection.ReadBody(connection.ReadHead());
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      bodies_.push_back(body);
      is_first = bodies_.size() == 1;
    }
    connection.Send(is_first && !redirect_.empty()
                        ? "HTTP/1.1 " + redirect_ +
                              "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"
                          "Date: Sun, 15 Mar 2026 11:00:00 GMT\r\n\r\nok");
  }

  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::string redirect_;
  FakeHttpServer server_;
};

HttpRequest Post(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.method = HttpMethod::post;
  request.body = "{\"page\":1}";
  request.content_type = "application/json";
  request.headers = {{"Authorization", "key"}};
  request.deadline = std::chrono::seconds(10);
  request.allow_private_addresses = true;
  return request;
}

class HttpPostTest : public ::testing::Test {
 protected:
  CurlHttpClient client_{"sekisho-test"};
};

TEST_F(HttpPostTest, SendsTheBodyAsItIs) {
  PostServer server;
  HttpRequest request = Post(server.Url("/search"));
  request.body = std::string("a\0b\r\n&=%", 8);
  const auto response = client_.Send(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(response->date, "Sun, 15 Mar 2026 11:00:00 GMT");
  EXPECT_EQ(server.bodies().at(0), request.body);
  const std::string head = server.heads().at(0);
  EXPECT_TRUE(head.starts_with("POST /search HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: application/json\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Authorization: key\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Expect:"), std::string::npos) << head;
}

TEST_F(HttpPostTest, SendsALargeBodyAndAnEmptyOne) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{3'000'000}}) {
    PostServer server;
    HttpRequest request = Post(server.Url());
    request.body.assign(size, 'x');
    ASSERT_TRUE(client_.Send(request));
    EXPECT_EQ(server.bodies().at(0).size(), size);
  }
}

TEST_F(HttpPostTest, FollowsAChangeOfMethodWithoutTheBody) {
  for (const char* status : {"301 X", "302 X", "303 X"}) {
    PostServer server(std::string(status) + "\r\nLocation: /result");
    const auto response = client_.Send(Post(server.Url()));
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->body, "ok");
    EXPECT_TRUE(server.heads().at(1).starts_with("GET /result HTTP/1.1\r\n"));
    EXPECT_EQ(server.bodies().at(1), "");
    EXPECT_EQ(server.heads().at(1).find("Content-Type"), std::string::npos);
  }
}

TEST_F(HttpPostTest, PostsAgainWhereTheSameServerAsksForIt) {
  for (const char* status : {"307 X", "308 X"}) {
    PostServer server(std::string(status) + "\r\nLocation: /moved");
    ASSERT_TRUE(client_.Send(Post(server.Url())));
    EXPECT_TRUE(server.heads().at(1).starts_with("POST /moved HTTP/1.1\r\n"));
    EXPECT_EQ(server.bodies().at(1), "{\"page\":1}");
  }
}

TEST_F(HttpPostTest, CarriesNoBodyToAnotherServer) {
  for (const char* status : {"307 X", "308 X"}) {
    PostServer other;
    PostServer server(std::string(status) + "\r\nLocation: " + other.Url());
    const auto response = client_.Send(Post(server.Url()));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::not_allowed);
    EXPECT_TRUE(other.heads().empty());
  }
}

TEST_F(HttpPostTest, FollowsToAnotherServerOnlyWithAGetWithoutCredentials) {
  PostServer other;
  PostServer server("303 X\r\nLocation: " + other.Url("/a"));
  const auto response = client_.Send(Post(server.Url()));
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_TRUE(other.heads().at(0).starts_with("GET /a HTTP/1.1\r\n"));
  EXPECT_EQ(other.heads().at(0).find("Authorization"), std::string::npos);
  EXPECT_EQ(other.bodies().at(0), "");
}

TEST_F(HttpPostTest, RefusesAContentTypeThatWouldBecomeTwoHeaders) {
  HttpRequest request = Post("http://127.0.0.1:1/");
  request.content_type = "a\r\nX: y";
  EXPECT_EQ(client_.Send(request).error().code, ErrorCode::malformed_input);
}

TEST_F(HttpPostTest, PostsToNoFile) {
  HttpRequest request = Post("file:///etc/hostname");
  request.allow_file = true;
  EXPECT_EQ(client_.Send(request).error().code, ErrorCode::not_allowed);
}

}  // namespace
}  // namespace platform
