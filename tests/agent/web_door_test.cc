// The Connect door and the page's files, over real HTTP.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/api/session_cookie.h"
#include "agent/api/web_assets.h"
#include "tests/agent/web_fixture.h"

namespace agent::api {
namespace {

using nlohmann::json;
using testing::HeaderOf;
using testing::HttpAnswer;

std::string CodeOf(const HttpAnswer& answer) {
  const json body = json::parse(answer.body, nullptr, false);
  return body.is_object() ? body.value("code", "") : "(no JSON)";
}

class ConnectDoorTest : public testing::WebFixture {};

TEST_F(ConnectDoorTest, AnswersJsonToATokensCall) {
  TakeFeed(Domains(3));
  const auto answer =
      Post("Queue/ListProposals", R"({"limit": 2, "aFieldOfTomorrow": 1})", Bearer("viewer-token"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(HeaderOf(answer, "cache-control"), "no-store");
  const json body = json::parse(answer.body);
  EXPECT_EQ(body["total"], "3");
  EXPECT_EQ(body["proposals"].size(), 2U);
}

TEST_F(ConnectDoorTest, AnswersBinaryToABinaryCall) {
  TakeFeed(Domains(1));
  const auto answer = Post("Queue/ListProposals", "", Bearer("viewer-token"), "application/proto");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "application/proto");
  sekisho::v1::ListProposalsResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.body));
  EXPECT_EQ(response.total(), 1U);
}

TEST_F(ConnectDoorTest, GivesErrorsTheirConnectCodeAndHttpStatus) {
  struct Case {
    std::string method, body, token, code;
    int status;
  };
  const std::vector<Case> cases{
      {"Queue/GetProposal", R"({"id": "77"})", "viewer-token", "not_found", 404},
      {"Queue/ListProposals", R"({"filter": "confidence>>1"})", "viewer-token", "invalid_argument",
       400},
      {"Queue/Decide", "{}", "viewer-token", "permission_denied", 403},
      {"Queue/ListProposals", "{}", "no-such-token", "unauthenticated", 401},
      {"Queue/NoSuchMethod", "{}", "viewer-token", "unimplemented", 501},
      {"Queue/ListProposals", "{\"filter\": \"\xff", "viewer-token", "invalid_argument", 400},
      {"Queue/ListProposals", "[]", "viewer-token", "invalid_argument", 400},
      {"Queue/ListProposals", std::string(3'000'000, ' '), "viewer-token", "resource_exhausted",
       429},
  };
  for (const Case& each : cases) {
    const auto answer = Post(each.method, each.body, Bearer(each.token));
    EXPECT_EQ(answer.status, each.status) << each.method << " " << answer.body;
    EXPECT_EQ(CodeOf(answer), each.code) << each.method << " " << answer.body;
    EXPECT_TRUE(json::accept(answer.body)) << answer.body;
  }
}

TEST_F(ConnectDoorTest, RefusesOtherContentTypesEncodingsVersionsAndMethods) {
  const auto bearer = Bearer("viewer-token");
  EXPECT_EQ(Post("Queue/ListProposals", "{}", bearer, "text/plain").status, 415);
  auto headers = bearer;
  headers.push_back({"Content-Encoding", "gzip"});
  EXPECT_EQ(CodeOf(Post("Queue/ListProposals", "{}", headers)), "unimplemented");
  headers = bearer;
  headers.push_back({"Connect-Protocol-Version", "2"});
  EXPECT_EQ(CodeOf(Post("Queue/ListProposals", "{}", headers)), "invalid_argument");
  EXPECT_EQ(Get("/sekisho.v1.Queue/ListProposals", bearer).status, 405);
}

TEST_F(ConnectDoorTest, WantsOneAuthorizationHeader) {
  auto headers = Bearer("viewer-token");
  headers.push_back(headers.front());
  EXPECT_EQ(Post("Queue/ListProposals", "{}", headers).status, 401);
}

class WebAssetsTest : public testing::WebFixture {};

TEST_F(WebAssetsTest, AreServedFromMemoryWithAStrictPolicy) {
  std::filesystem::remove_all(folder_ / "page");
  const auto page = Get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html><title>Sekisho</title>");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(HeaderOf(page, "cache-control"), "no-cache");
  const std::string policy = HeaderOf(page, "content-security-policy");
  EXPECT_NE(policy.find("default-src 'none'"), policy.npos);
  EXPECT_NE(policy.find("script-src 'self';"), policy.npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), policy.npos);
  EXPECT_EQ(HeaderOf(page, "x-content-type-options"), "nosniff");
  const auto script = Get("/assets/app-1234.js");
  EXPECT_EQ(script.body.size(), 2000U);
  EXPECT_EQ(HeaderOf(script, "cache-control"), "public, max-age=31536000, immutable");
}

TEST_F(WebAssetsTest, GiveThePageForAPlaceWithinItAndNothingForAFileThatIsNone) {
  EXPECT_EQ(Get("/queue/12").body, Get("/").body);
  EXPECT_EQ(Get("/no.js").status, 404);
  for (const char* path : {"/link.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/../x.y"}) {
    EXPECT_EQ(Get(path).body.find("not for the web"), std::string::npos) << path;
  }
}

TEST_F(WebAssetsTest, AreNotSentAgainUnchanged) {
  const auto first = Get("/");
  const auto again = Get("/", {{"If-None-Match", first.etag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
}

TEST_F(WebAssetsTest, SayWhatIsMissing) {
  const auto none = WebAssets::Load(folder_ / "nowhere");
  ASSERT_FALSE(none);
  const auto empty = WebAssets::Load(folder_ / "page/assets");
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().detail.find("index.html"), std::string::npos);
}

TEST(SessionCookieTest, IsBoundToTheHostAndKeptFromScriptsAndOtherSites) {
  EXPECT_EQ(SetCookie(Cookie::session, "abc", "https"),
            "__Host-sekisho=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(SetCookie(Cookie::session, "abc", "http"),
            "sekisho=abc; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(SetCookie(Cookie::session, "", "https"),
            "__Host-sekisho=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0");
}

TEST(SessionCookieTest, IsReadFromAmongOthersButNotWhereThereAreTwo) {
  const auto read = [](const std::string& value) {
    return SecretOf(Cookie::session, {{"Host", "a"}, {"Cookie", value}}, "https");
  };
  EXPECT_EQ(read("a=b; __Host-sekisho=secret; c"), "secret");
  EXPECT_EQ(read("__Host-sekisho=secret"), "secret");
  EXPECT_EQ(read("sekisho=secret; x__Host-sekisho=y"), "");
  EXPECT_EQ(read("__Host-sekisho=a; __Host-sekisho=b"), "");
  EXPECT_EQ(SecretOf(Cookie::session, {}, "https"), "");
}

}  // namespace
}  // namespace agent::api
