#include "agent/feeds/taxii.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/fetcher.h"
#include "platform/atomic_file.h"
#include "tests/agent/taxii_server.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using Lines = std::vector<std::string>;

const policy::TimePoint now = *policy::ParseTime("2026-05-01T00:00:00Z");

std::string Indicator(int number, const std::string& more = "",
                      const std::string& modified = "2026-03-01T00:00:00Z") {
  const std::string n = std::to_string(number);
  return R"({"type":"indicator","spec_version":"2.1","id":"indicator--)" + n +
         R"(","created":"2026-03-01T00:00:00Z","modified":")" + modified +
         R"(","valid_from":"2026-03-01T00:00:00Z","pattern_type":"stix",)" +
         R"("pattern":"[domain-name:value = 'n)" + n + ".example']\"" + more + "}";
}

// The day of April on which object `number` was added.
std::string Added(int number) {
  return "2026-04-" + std::string(number < 10 ? "0" : "") + std::to_string(number) +
         "T00:00:00.123456Z";
}

class TaxiiTest : public ::testing::Test {
 protected:
  TaxiiTest() {
    request_.url = server_.Collection();
    request_.deadline = std::chrono::seconds(10);
    request_.allow_private_addresses = true;
    for (int i = 1; i <= 5; ++i) server_.objects.push_back({Added(i), Indicator(i)});
  }

  policy::Result<platform::HttpResponse> Collect(std::string_view last_good = "") {
    return CollectTaxii(client_, request_, last_good, options_);
  }

  // The names in what a fetch gives.
  Lines Names(std::string_view last_good = "") {
    const auto response = Collect(last_good);
    if (!response) return {response.error().detail};
    if (response->status != 200) return {std::to_string(response->status)};
    return NamesIn(response->body);
  }

  Lines NamesIn(std::string_view document) const {
    const auto snapshot = ParseTaxii(document, now, options_.stix, 1000);
    if (!snapshot) return {snapshot.error().detail};
    Lines names;
    for (const auto& seen : snapshot->observations) names.push_back(TextOf(seen.indicator));
    return names;
  }

  std::string FailureOf() {
    const auto response = Collect();
    return response ? std::to_string(response->status) : response.error().detail;
  }

  TaxiiServer server_;
  platform::CurlHttpClient client_{"sekisho-test"};
  platform::HttpRequest request_;
  TaxiiOptions options_;
};

const Lines five{"n1.example", "n2.example", "n3.example", "n4.example", "n5.example"};

TEST_F(TaxiiTest, FollowsPagesByNext) {
  server_.page_size = 2;
  EXPECT_EQ(Names(), five);
  EXPECT_EQ(server_.targets(),
            (Lines{"/api/collections/c1/objects/", "/api/collections/c1/objects/?next=2",
                   "/api/collections/c1/objects/?next=4"}));
}

TEST_F(TaxiiTest, FollowsPagesByDateWhereTheServerNamesNoNext) {
  server_.page_size = 2;
  server_.gives_next = false;
  EXPECT_EQ(Names(), five);
  EXPECT_EQ(server_.targets().back(), "/api/collections/c1/objects/?added_after=" + Added(4));
}

TEST_F(TaxiiTest, SpeaksVersion20WithBothOfItsMediaTypes) {
  server_.version = "2.0";
  server_.media_type = "application/vnd.oasis.stix+json; version=2.0";
  server_.page_size = 2;
  options_.version = TaxiiVersion::v20;
  EXPECT_EQ(Names(), five);
  options_.version = TaxiiVersion::v21;
  EXPECT_EQ(FailureOf(), "406");
}

TEST_F(TaxiiTest, TakesBothFormsOfTheMediaTypeAndNoOther) {
  for (const char* const type :
       {"application/taxii+json; version=2.1", "application/vnd.oasis.taxii+json; version=2.1",
        "Application/Taxii+JSON", "application/json"}) {
    server_.Change([&](TaxiiServer& server) { server.media_type = type; });
    EXPECT_EQ(Names(), five) << type;
  }
  server_.Change([](TaxiiServer& server) { server.media_type = "text/html"; });
  EXPECT_EQ(FailureOf(),
            "what the server gives is not of a TAXII media type but \"text/html\": check the "
            "source's URL");
}

TEST_F(TaxiiTest, FindsTheCollectionFromDiscoveryRootOrList) {
  for (const char* const name : {"Group", "c1"}) {
    options_.collection = name;
    for (const char* const path : {"/taxii2/", "/api/", "/api", "/api/collections/"}) {
      request_.url = server_.Url(path);
      EXPECT_EQ(Names(), five) << path;
    }
  }
}

TEST_F(TaxiiTest, TakesTheUrlOfTheObjectsForThatOfTheirCollection) {
  request_.url = server_.Collection() + "objects/";
  EXPECT_EQ(Names(), five);
}

TEST_F(TaxiiTest, SaysWhichCollectionsThereAre) {
  request_.url = server_.Url("/api/");
  options_.collection = "None";
  EXPECT_EQ(FailureOf(),
            "there is no collection \"None\" for this user; there are \"Group\", \"Closed\", "
            "\"Twice\", \"Twice\"");
  options_.collection = "Closed";
  EXPECT_EQ(FailureOf(), "this user may not read the collection: ask its owner for that");
  options_.collection = "Twice";
  EXPECT_EQ(FailureOf(), "several collections are called \"Twice\": name it by its id");
}

TEST_F(TaxiiTest, GivesItsCredentialsToNoOtherOrigin) {
  TaxiiServer other;
  server_.roots = "\"" + other.Url("/api/") + "\"";
  request_.url = server_.Url("/taxii2/");
  options_.collection = "Group";
  const auto response = Collect();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::not_allowed);
  EXPECT_TRUE(other.targets().empty());
}

TEST_F(TaxiiTest, AsksOnlyForWhatWasAddedSince) {
  const auto first = Collect();
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = Collect(first->body);
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(second->status, 304);
  EXPECT_EQ(server_.targets().back(), "/api/collections/c1/objects/?added_after=" + Added(5));
  server_.Change([](TaxiiServer& server) { server.objects.push_back({Added(6), Indicator(6)}); });
  const auto third = Collect(first->body);
  ASSERT_TRUE(third) << third.error().detail;
  EXPECT_EQ(NamesIn(third->body).size(), 6U);
}

TEST_F(TaxiiTest, GivesTheSameBytesForTheSameObjectsInAnyOrder) {
  const auto forwards = Collect();
  ASSERT_TRUE(forwards);
  std::swap(server_.objects[0].json, server_.objects[4].json);
  const auto backwards = Collect();
  ASSERT_TRUE(backwards);
  EXPECT_EQ(forwards->body, backwards->body);
}

TEST_F(TaxiiTest, LetsARevocationWithdrawAnIndicator) {
  const auto first = Collect();
  ASSERT_TRUE(first);
  server_.Change([](TaxiiServer& server) {
    server.objects.push_back(
        {Added(6), Indicator(1, R"(,"revoked":true)", "2026-04-06T00:00:00Z")});
    // An older version that comes late changes nothing.
    server.objects.push_back({Added(7), Indicator(1, "", "2026-02-01T00:00:00Z")});
  });
  EXPECT_EQ(Names(first->body), (Lines{"n2.example", "n3.example", "n4.example", "n5.example"}));
}

TEST_F(TaxiiTest, DropsWhatHasBeenGoneForAMonth) {
  server_.objects = {
      {Added(1), Indicator(1, R"(,"revoked":true)", "2026-03-02T00:00:00Z")},
      {Added(2), Indicator(2, R"(,"valid_until":"2026-03-02T00:00:00Z")")},
      {Added(3), Indicator(3, R"(,"valid_until":"2026-04-25T00:00:00Z")")},
      {Added(29), Indicator(4, "", "2026-04-20T00:00:00Z")},
  };
  const auto response = Collect();
  ASSERT_TRUE(response) << response.error().detail;
  for (const int gone : {1, 2}) {
    EXPECT_EQ(response->body.find("indicator--" + std::to_string(gone)), std::string::npos);
  }
  EXPECT_EQ(NamesIn(response->body), (Lines{"n3.example", "n4.example"}));
}

TEST_F(TaxiiTest, StartsAnewForAnotherCollection) {
  auto first = Collect();
  ASSERT_TRUE(first);
  const std::size_t at = first->body.find("/c1/");
  first->body.replace(at, 4, "/c9/");
  server_.Change([](TaxiiServer& server) { server.objects.resize(1); });
  EXPECT_EQ(Names(first->body), Lines{"n1.example"});
}

TEST_F(TaxiiTest, HandsOnTheStatusWithWhichAServerRefuses) {
  for (const char* const status : {"401", "403", "404", "413", "416", "500"}) {
    server_.Change([&](TaxiiServer& server) { server.status = status + std::string(" No"); });
    EXPECT_EQ(FailureOf(), status);
  }
  server_.Change(
      [](TaxiiServer& server) { server.status = "429 Too Many Requests\r\nRetry-After: 120"; });
  const auto response = Collect();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->retry_after, "120");
}

TEST_F(TaxiiTest, EndsWherePagesGoInACircle) {
  server_.page_size = 0;  // a page without objects, that says that there is more
  server_.objects.clear();
  platform::testing::FakeHttpServer circle(platform::testing::FakeHttpServer::Always(
      "HTTP/1.1 200 OK\r\nContent-Type: application/taxii+json;version=2.1\r\n"
      "Content-Length: 24\r\n\r\n{\"more\":true,\"next\":\"a\"}"));
  request_.url = circle.Url("/c/");
  EXPECT_EQ(FailureOf(), "the server's pages go in a circle: it has to be told");
  EXPECT_EQ(circle.heads().size(), 2U);
}

TEST_F(TaxiiTest, EndsPagesWithoutEndAtItsCaps) {
  std::atomic<int> pages = 0;
  platform::testing::FakeHttpServer endless([&](auto& connection) {
    connection.ReadHead();
    const std::string body = R"({"more":true,"next":")" + std::to_string(++pages) +
                             R"(","objects":[)" + Indicator(pages) + "]}";
    connection.Send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/taxii+json;version=2.1\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  request_.url = endless.Url("/c/");
  request_.body_size_max = 3000;
  const auto response = Collect();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::exhausted);
}

TEST_F(TaxiiTest, RefusesADateThatIsNoneOrYetToCome) {
  server_.objects = {{"tomorrow", Indicator(1)}};
  EXPECT_EQ(FailureOf(), "the server's X-TAXII-Date-Added-Last is no date but \"tomorrow\"");
  server_.Change([](TaxiiServer& server) {
    server.objects = {{"2999-01-01T00:00:00Z", Indicator(1)}};
  });
  EXPECT_EQ(Names(), Lines{"the server says that it added objects at 2999-01-01T00:00:00Z, which "
                           "is yet to come: check its clock"});
}

// From the configuration to the disk, with each way of saying who we are.
TEST_F(TaxiiTest, IsFetchedWithAUserOrATokenAndKept) {
  const platform::testing::TemporaryFolder folder;
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "secret", "open sesame\n", 0600));
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "token", "Bearer abc\n", 0600));
  const auto document = config::Document::Parse("collection: Group\n", "f.yaml");
  SourceSettings settings;
  settings.name = "isac";
  settings.url = server_.Url("/taxii2/");
  settings.format = *FindFeedFormat("taxii", document->root());
  settings.allow_private = true;
  server_.authorization = "Basic c2VraXNobzpvcGVuIHNlc2FtZQ==";
  const auto fetch = [&] {
    return FeedFetcher::Open(settings, folder.path(), client_)->Fetch(now);
  };
  const FetchResult refused = fetch();
  EXPECT_EQ(refused.outcome, FetchOutcome::unreachable);
  EXPECT_EQ(refused.detail,
            "HTTP status 401: the server wants other credentials: check the source's key");
  settings.user = "sekisho";
  settings.password_file = folder / "secret";
  auto fetcher = FeedFetcher::Open(settings, folder.path(), client_);
  EXPECT_EQ(fetcher->Fetch(now).outcome, FetchOutcome::accepted);
  EXPECT_EQ(fetcher->Fetch(now).outcome, FetchOutcome::unchanged);
  EXPECT_TRUE(FeedFetcher::Open(settings, folder.path(), client_)->LoadLastGood());
  server_.Change([](TaxiiServer& server) { server.authorization = "Bearer abc"; });
  settings.user.clear();
  settings.auth_header = "Authorization";
  settings.auth_file = folder / "token";
  const FetchResult by_token = fetch();
  EXPECT_EQ(by_token.outcome, FetchOutcome::accepted) << by_token.detail;
}

}  // namespace
}  // namespace agent::feeds
