// What clients of MineMeld ask for.
#include "exporters/http_list/feeds.h"

#include <gtest/gtest.h>

#include <future>

#include "exporters/http_list/feed_render.h"
#include "exporters/http_list/shelf.h"
#include "tests/exporters/http_list_formats.h"

namespace exporters::http_list {
namespace {

using policy::ListSnapshot;

Variant Everything(const char* format = "text") {
  Variant variant = All(FormatOf("text"));
  variant.format = &FormatOf(format);
  return variant;
}

std::string FeedOf(const std::string& query, std::vector<std::string> lines = mixed,
                   const Variant& variant = Everything()) {
  const auto read = ReadFeedQuery(query);
  if (!read) return read.error().detail;
  return RenderFeed(*ListSnapshot::FromLines(std::move(lines)), variant, *read)->bytes;
}

// ---- the query

TEST(FeedQueryTest, IsTheSameHoweverItIsWritten) {
  EXPECT_EQ(*ReadFeedQuery(""), FeedQuery{});
  EXPECT_EQ(*ReadFeedQuery("v=text&&x=1&tr=1&di=1&ca=category"), FeedQuery{});
  EXPECT_EQ(*ReadFeedQuery("n=5&s=2"), *ReadFeedQuery("s=2&n=%35"));
  // What the form does not look at makes no other.
  EXPECT_EQ(*ReadFeedQuery("v=json&sp=1&nsl=1&h=0&f=type&t=ip&cd=x"), *ReadFeedQuery("v=json"));
  EXPECT_EQ(*ReadFeedQuery("v=csv&f=indicator"), *ReadFeedQuery("v=csv"));
}

TEST(FeedQueryTest, RefusesWhatItCannotAnswer) {
  for (const char* query : {"s=-1", "s=x", "s=", "n=0", "n=1.5", "n=99999999999999999999",
                            "v=carbonblack", "v=", "v=mwg&t=regex", "v=bluecoat", "v=bluecoat&ca=x",
                            "v=bluecoat&cd=", "v=bluecoat&cd=a b", "v=bluecoat&cd=a%0Aend",
                            "v=csv&f=a%0Ab", "v=csv&f=%FF"}) {
    EXPECT_FALSE(ReadFeedQuery(query)) << query;
  }
  std::string many = "v=csv";
  for (int i = 0; i < 17; ++i) many += "&f=type";
  EXPECT_FALSE(ReadFeedQuery(many));
  EXPECT_FALSE(ReadFeedQuery("v=csv&f=" + std::string(65, 'x')));
}

// ---- the feeds

TEST(FeedRenderTest, TakesAPartInEitherOrder) {
  EXPECT_EQ(FeedOf("n=2"), "evil.example\nxn--bcher-kva.example\n");
  EXPECT_EQ(FeedOf("s=1&n=2"), "xn--bcher-kva.example\n192.0.2.1\n");
  EXPECT_EQ(FeedOf("d=1&n=1"), "https://192.0.2.9:8443/\n");
  EXPECT_EQ(FeedOf("s=5"), "http://a.example/x?y=1,2\nhttps://192.0.2.9:8443/\n");
}

TEST(FeedRenderTest, E12_APartBeyondTheEndIsNotAnEmptyBody) {
  for (const char* query :
       {"s=1000", "s=1000&v=json", "s=1000&v=json-seq", "s=1000&v=csv", "s=1000&v=csv&h=0",
        "s=1000&v=mwg", "s=1000&v=bluecoat&cd=x", "s=1000&v=panosurl"}) {
    EXPECT_NE(FeedOf(query), "") << query;
  }
  EXPECT_EQ(FeedOf("s=1000&v=json"), "[\n]\n");
}

TEST(FeedRenderTest, MergesPrefixesWithoutAddingAnAddress) {
  const std::vector<std::string> lines{"domain evil.example", "ip 198.51.100.0/25",
                                       "ip 198.51.100.128/25", "ip 198.51.100.7/32",
                                       "ip 192.0.2.1/32"};
  EXPECT_EQ(FeedOf("sum=1", lines), "evil.example\n192.0.2.1\n198.51.100.0/24\n");
  EXPECT_EQ(FeedOf("sum=0", lines),
            "evil.example\n192.0.2.1\n198.51.100.0/25\n198.51.100.128/25\n198.51.100.7\n");
}

TEST(FeedRenderTest, WritesMineMeldsJson) {
  EXPECT_EQ(FeedOf("v=json&s=1&n=2"),
            "[\n{\"indicator\":\"xn--bcher-kva.example\",\"value\":{\"type\":\"domain\"}},\n"
            "{\"indicator\":\"192.0.2.1\",\"value\":{\"type\":\"IPv4\"}}]\n");
  EXPECT_EQ(FeedOf("v=json-seq&s=4&n=2"),
            "\x1e{\"indicator\":\"2001:db8::/32\",\"value\":{\"type\":\"IPv6\"}}\n"
            "\x1e{\"indicator\":\"http://a.example/x?y=1,2\",\"value\":{\"type\":\"URL\"}}\n");
}

TEST(FeedRenderTest, WritesItsCsvWithTheColumnsWanted) {
  EXPECT_EQ(FeedOf("v=csv&n=1"), "\"indicator\"\r\n\"evil.example\"\r\n");
  EXPECT_EQ(FeedOf("v=csv&n=1&h=0&ubom=1"), "\xef\xbb\xbf\"evil.example\"\r\n");
  // What we do not know of an entry is empty.
  EXPECT_EQ(FeedOf("v=csv&n=1&f=type%7CKind&f=confidence&f=indicator"),
            "\"Kind\",\"confidence\",\"indicator\"\r\n\"domain\",,\"evil.example\"\r\n");
}

TEST(FeedRenderTest, I10_NoCellOfItsCsvIsAFormula) {
  EXPECT_EQ(FeedOf("v=csv&f=indicator%7C%3Dcmd%22", {"domain -x.example"}),
            "\"'=cmd\"\"\"\r\n\"'-x.example\"\r\n");
}

TEST(FeedRenderTest, WritesListsForWebGateways) {
  EXPECT_EQ(FeedOf("v=mwg&n=1"), "type=string\n\"evil.example\" \"sekisho\"\n");
  EXPECT_EQ(FeedOf("v=mwg&t=ip&n=2"),
            "type=ip\n\"192.0.2.1\" \"sekisho\"\n\"198.51.100.0/24\" \"sekisho\"\n");
  EXPECT_EQ(FeedOf("v=bluecoat&cd=a&cd=b&n=1"),
            "define category a\nevil.example\nend\ndefine category b\nevil.example\nend\n");
  EXPECT_EQ(FeedOf("v=bluecoat&cd=a", {"domain end", "url http://a.example/;x"}),
            "define category a\nempty-list.invalid\nend\n");
}

TEST(FeedRenderTest, I5_AFormHoldsNothingThatItWouldRead) {
  EXPECT_EQ(FeedOf("v=mwg", {"domain a.example", "url http://a.example/?x=\\"}),
            "type=string\n\"a.example\" \"sekisho\"\n");
  EXPECT_EQ(FeedOf("v=json", {"url http://a.example/?x=\\"}),
            "[\n{\"indicator\":\"http://a.example/?x=\\\\\",\"value\":{\"type\":\"URL\"}}]\n");
}

TEST(FeedRenderTest, WritesUrlsForPanos) {
  const std::vector<std::string> lines{
      "domain evil.example",        "ip 192.0.2.1/32",
      "url http://a.example/*",     "url http://a.example:8080/x",
      "url http://[2001:db8::1]/y", "url http://[2001:db8::1]:81/z"};
  EXPECT_EQ(FeedOf("v=panosurl", lines),
            "evil.example/\n*.evil.example/\n[2001:db8::1]/y\n[2001:db8::1]:81/z\n"
            "a.example:8080/x\n");
  EXPECT_EQ(FeedOf("v=panosurl&sp=1&nsl=1", lines),
            "evil.example\n*.evil.example\n[2001:db8::1]/y\n[2001:db8::1]/z\na.example/x\n");
}

TEST(FeedRenderTest, HoldsWhatTheListHoldsInTheListsOwnFormat) {
  Variant ips = All(FormatOf("juniper"));
  ips.ipv6 = false;
  EXPECT_EQ(FeedOf("s=1", mixed, ips), "198.51.100.0/24\n");
  EXPECT_EQ(FeedOf("v=json&s=2", mixed, ips), "[\n]\n");
  EXPECT_EQ(FeedOf("s=2", mixed, ips), "192.0.2.255/32\n");
}

// ---- making and keeping them

std::shared_ptr<const Published> PublishedOf(std::vector<std::string> lines,
                                             const std::vector<Variant>& variants) {
  const auto list = ListSnapshot::FromLines(std::move(lines));
  return Publish(RenderVariants(*list, variants, "c.txt").value(), variants, list, 1,
                 policy::ParseTime("2026-11-24T10:00:00Z").value())
      .value();
}

class FeedsTest : public ::testing::Test {
 protected:
  FeedQuery Part(std::size_t count) { return {.count = count}; }
  ResourcePtr Asked(Feeds& feeds, const FeedQuery& query) {
    std::promise<ResourcePtr> promise;
    feeds.Ask(variants_[0], query,
              [&](const ResourcePtr& resource, const auto&) { promise.set_value(resource); });
    return promise.get_future().get();
  }

  std::vector<Variant> variants_{Everything()};
  std::shared_ptr<const Published> published_ = PublishedOf(mixed, variants_);
};

TEST_F(FeedsTest, MakesEachOnceAndAnewOfAnotherList) {
  Feeds feeds;
  EXPECT_EQ(Asked(feeds, Part(1)), nullptr);
  feeds.Put(published_);
  const auto one = Asked(feeds, Part(1));
  EXPECT_EQ(*one->forms[0].body, "evil.example\n");
  EXPECT_EQ(Asked(feeds, Part(1)), one);
  feeds.Put(PublishedOf({"domain other.example"}, variants_));
  EXPECT_EQ(*Asked(feeds, Part(1))->forms[0].body, "other.example\n");
}

TEST_F(FeedsTest, GivesNobodyAFormerList) {
  std::vector<std::string> many;
  for (int i = 0; i < 20'000; ++i) many.push_back("domain a" + std::to_string(i) + ".example");
  Feeds feeds;
  feeds.Put(PublishedOf(many, variants_));
  std::promise<void> first;
  feeds.Ask(variants_[0], Part(0), [&](const auto&, const auto&) { first.set_value(); });
  feeds.Put(published_);  // while that is being made
  EXPECT_EQ(*Asked(feeds, Part(0))->forms[0].body, FeedOf(""));
  first.get_future().wait();
}

TEST_F(FeedsTest, KeepsThoseUsedLast) {
  Feeds feeds({.kept_max = 2});
  feeds.Put(published_);
  const auto one = Asked(feeds, Part(1));
  const auto two = Asked(feeds, Part(2));
  EXPECT_EQ(Asked(feeds, Part(1)), one);
  Asked(feeds, Part(3));
  EXPECT_EQ(Asked(feeds, Part(1)), one);
  EXPECT_NE(Asked(feeds, Part(2)), two);
}

TEST_F(FeedsTest, KeepsNoMoreOctetsThanItMay) {
  const std::size_t size = 13;  // of "evil.example\n"
  Feeds feeds({.kept_bytes_max = 2 * size});
  feeds.Put(published_);
  const auto one = Asked(feeds, Part(1));
  EXPECT_EQ(one->size(), size);
  EXPECT_EQ(Asked(feeds, Part(1)), one);
  const auto two = Asked(feeds, Part(2));  // too large to be kept
  EXPECT_NE(Asked(feeds, Part(2)), two);
  EXPECT_EQ(Asked(feeds, Part(1)), one);
}

TEST_F(FeedsTest, QueuesFewVariantsAndTurnsTheOthersAway) {
  Feeds feeds({.waiting_max = 1});
  feeds.Put(published_);
  std::promise<void> go;
  std::promise<void> busy;
  // The first holds up the one thread that makes them.
  feeds.Ask(variants_[0], Part(1), [&](const auto&, const auto&) {
    busy.set_value();
    go.get_future().wait();
  });
  busy.get_future().wait();
  std::promise<ResourcePtr> second;
  std::promise<ResourcePtr> same;
  feeds.Ask(variants_[0], Part(2), [&](auto resource, const auto&) { second.set_value(resource); });
  EXPECT_EQ(Asked(feeds, Part(3)), nullptr);
  feeds.Ask(variants_[0], Part(2), [&](auto resource, const auto&) { same.set_value(resource); });
  go.set_value();
  const auto made = second.get_future().get();
  EXPECT_EQ(*made->forms[0].body, "evil.example\nxn--bcher-kva.example\n");
  EXPECT_EQ(same.get_future().get(), made);
}

// ---- over HTTP

class ShelfTest : public FeedsTest {
 protected:
  platform::HttpServerResponse Get(const std::string& path, const std::string& query = "",
                                   std::vector<platform::HttpHeader> headers = {}) {
    platform::HttpServerRequest request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    request.headers = std::move(headers);
    std::promise<platform::HttpServerResponse> promise;
    shelf_.Respond(request, [&](auto response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  Shelf shelf_{variants_, Access::Anybody(), std::chrono::seconds(30)};
};

TEST_F(ShelfTest, ServesFeedsAtMineMeldsPaths) {
  shelf_.Put(published_);
  EXPECT_EQ(*Get("/feeds/list.txt").body, *Get("/lists/list.txt").body);
  EXPECT_EQ(*Get("/feeds/list").body, *Get("/lists/list.txt").body);
  const auto part = Get("/feeds/list", "n=1&v=json");
  EXPECT_EQ(part.status, 200);
  EXPECT_EQ(platform::FindHeader(part.headers, "Content-Type"), "application/json");
  const std::string etag(platform::FindHeader(part.headers, "ETag"));
  EXPECT_EQ(Get("/feeds/list", "v=json&n=1", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(Get("/feeds/list", "n=-1").status, 400);
  EXPECT_EQ(Get("/feeds/other", "n=1").status, 404);
  EXPECT_EQ(Get("/feeds/").status, 404);
}

TEST_F(ShelfTest, I11_APathLeadsNowhereElse) {
  shelf_.Put(published_);
  for (const char* path :
       {"/feeds/../lists/list.txt", "/feeds/%2e%2e/list", "/feeds//list.txt", "/feeds/list.txt/",
        "/feeds/.", "/objects/sha256/../../lists/list.txt", "/objects/", "/lists/list"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
    EXPECT_EQ(Get(path, "n=1").status, 404) << path;
  }
}

TEST_F(ShelfTest, E12_AFeedWithoutAListIs503) {
  EXPECT_EQ(Get("/feeds/list", "n=1").status, 503);
  EXPECT_EQ(Get("/feeds/list").status, 503);
}

TEST_F(ShelfTest, ServesEachFileByItsContentForGood) {
  shelf_.Put(published_);
  const auto named = Get("/lists/list.txt");
  std::string sha256(platform::FindHeader(named.headers, "ETag"));
  std::erase(sha256, '"');
  const auto object = Get("/objects/sha256/" + sha256);
  EXPECT_EQ(*object.body, *named.body);
  EXPECT_EQ(platform::FindHeader(object.headers, "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(platform::FindHeader(named.headers, "Cache-Control"), "public, no-cache");
  EXPECT_EQ(Get("/objects/sha256/" + std::string(64, '0')).status, 404);
}

}  // namespace
}  // namespace exporters::http_list
