// What hostile, broken and changing servers do to a feed, from the wire to the disk.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "agent/feeds/fetcher.h"
#include "tests/platform/fake_http_server.h"
#include "tests/platform/gzip_for_test.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using platform::testing::FakeHttpServer;
using policy::ErrorCode;
using std::chrono::hours;
using std::chrono::milliseconds;

const policy::TimePoint start = *policy::ParseTime("2026-03-15T12:00:00Z");

std::string Ok(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

std::string Status(std::string_view line, std::string_view headers = "") {
  return "HTTP/1.1 " + std::string(line) + "\r\nContent-Length: 0\r\n" + std::string(headers) +
         "\r\n";
}

// `count` names in a plain list.
std::string Names(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "n" + std::to_string(i) + ".example\n";
  return text;
}

std::string UrlhausDump(const std::string& last_online, int rows = 1) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    text += "\"1\",\"2026-03-01 00:00:00\",\"http://a.example/" + std::to_string(i) +
            "\",\"online\",\"" + last_online + "\",\"malware_download\",\"None\",\"\",\"x\"\r\n";
  }
  return text;
}

class FeedFaults : public ::testing::Test {
 protected:
  FeedFaults() : server_([this](FakeHttpServer::Connection& connection) { Answer(connection); }) {
    settings_.name = "list";
    settings_.url = server_.Url();
    settings_.format = *FindFeedFormat("plain");
    settings_.deadline = std::chrono::seconds(10);
    settings_.allow_private = true;
  }

  void Serve(std::string response) {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
  }

  FeedFetcher Open() {
    auto fetcher = FeedFetcher::Open(settings_, folder_.path(), client_);
    EXPECT_TRUE(fetcher) << fetcher.error().detail;
    return *std::move(fetcher);
  }

  // A fetcher that has accepted `body`, a little before `start`.
  FeedFetcher OpenWith(const std::string& body, std::string_view headers = "") {
    FeedFetcher fetcher = Open();
    Serve(Ok(body, headers));
    const FetchResult result = fetcher.Fetch(start - std::chrono::minutes(1));
    EXPECT_EQ(result.outcome, FetchOutcome::accepted) << result.detail;
    return fetcher;
  }

  // Fetches `response` and expects that the last good file stays, here and after a restart.
  FetchResult ExpectLastGoodStays(FeedFetcher& fetcher, std::string response,
                                  FetchOutcome outcome) {
    const auto before = Open().LoadLastGood();
    EXPECT_TRUE(before);
    Serve(std::move(response));
    FetchResult result = fetcher.Fetch(start);
    EXPECT_EQ(result.outcome, outcome) << result.detail;
    EXPECT_FALSE(result.detail.empty());
    EXPECT_FALSE(result.parsed);
    const auto after = Open().LoadLastGood();
    EXPECT_TRUE(after);
    EXPECT_EQ(after->last_good->sha256, before->last_good->sha256);
    EXPECT_EQ(after->parsed->summary.rows, before->parsed->summary.rows);
    EXPECT_EQ(result.last_good->sha256, before->last_good->sha256);
    return result;
  }

  std::string LastHead() const { return server_.heads().back(); }

  platform::testing::TemporaryFolder folder_;
  platform::CurlHttpClient client_{"sekisho-test"};
  SourceSettings settings_;

 private:
  void Answer(FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    std::string response;
    {
      const std::lock_guard lock(mutex_);
      response = response_;
    }
    connection.Send(response);
  }

  std::mutex mutex_;
  std::string response_;

 protected:
  FakeHttpServer server_;
};

TEST_F(FeedFaults, AcceptsAGoodFileAndHasItAfterARestart) {
  FeedFetcher fetcher = Open();
  EXPECT_EQ(fetcher.LoadLastGood().error().code, ErrorCode::not_found);
  Serve(Ok("a.example\nnot a name\n192.0.2.1\n", "ETag: \"v1\"\r\n"));
  const FetchResult result = fetcher.Fetch(start);
  ASSERT_EQ(result.outcome, FetchOutcome::accepted) << result.detail;
  const auto& snapshot =
      std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed.value().content);
  EXPECT_EQ(snapshot->observations.size(), 2U);
  EXPECT_EQ(result.parsed->rejected, 1U);
  EXPECT_EQ(result.last_good->etag, "\"v1\"");
  EXPECT_EQ(result.last_good->accepted_at, start);
  const auto loaded = Open().LoadLastGood();
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->outcome, FetchOutcome::unchanged);
  const auto& again = std::get<std::shared_ptr<const FeedSnapshot>>(loaded->parsed.value().content);
  ASSERT_EQ(again->observations.size(), 2U);
  EXPECT_EQ(again->observations[0].last_seen, start);
}

TEST_F(FeedFaults, F1_EmptyBodyKeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(20));
  for (const char* body : {"", " \r\n\t\n", "# nothing today\n", "\xef\xbb\xbf"}) {
    ExpectLastGoodStays(fetcher, Ok(body), FetchOutcome::refused);
  }
}

TEST_F(FeedFaults, F2_ShrunkenFileKeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(100));
  const FetchResult result = ExpectLastGoodStays(fetcher, Ok(Names(69)), FetchOutcome::refused);
  EXPECT_NE(result.detail.find("shrank from 100 rows"), std::string::npos) << result.detail;
  Serve(Ok(Names(70)));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
}

TEST_F(FeedFaults, AFailureDoesNotTellTheKeyInTheUrl) {
  settings_.url = "http://127.0.0.1:1/s3cr3t-key/list";
  settings_.url_secrets = UrlSecrets(settings_.url, {"s3cr3t-key"});
  const FetchResult result = Open().Fetch(start);
  EXPECT_EQ(result.outcome, FetchOutcome::unreachable);
  EXPECT_NE(result.detail.find("http://127.0.0.1:1/***/list"), std::string::npos) << result.detail;
  EXPECT_EQ(result.detail.find("s3cr3t"), std::string::npos) << result.detail;
}

TEST_F(FeedFaults, F2_RemembersTheSizesOverARestart) {
  OpenWith(Names(100));
  FeedFetcher fetcher = Open();
  ASSERT_TRUE(fetcher.LoadLastGood());
  ExpectLastGoodStays(fetcher, Ok(Names(10)), FetchOutcome::refused);
}

TEST_F(FeedFaults, F2_TakesAShrunkenFileOnceAPersonSaysSo) {
  FeedFetcher fetcher = OpenWith(Names(100));
  Serve(Ok(Names(20)));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::refused);
  EXPECT_EQ(fetcher.Fetch(start, {}, SizeCheck::waive).outcome, FetchOutcome::accepted);
  Serve(Ok(Names(21)));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  Serve(Ok(""));
  EXPECT_EQ(fetcher.Fetch(start, {}, SizeCheck::waive).outcome, FetchOutcome::refused);
}

TEST_F(FeedFaults, F3_SwollenFileKeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(100));
  ExpectLastGoodStays(fetcher, Ok(Names(301)), FetchOutcome::refused);
}

TEST_F(FeedFaults, F3_FileOverTheCapOnRowsKeepsLastGood) {
  settings_.limits.rows_max = 150;
  FeedFetcher fetcher = OpenWith(Names(100));
  ExpectLastGoodStays(fetcher, Ok(Names(151)), FetchOutcome::refused);
}

TEST_F(FeedFaults, F4_WebPageWithStatus200KeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(20));
  ExpectLastGoodStays(fetcher, Ok("<html>Are you a robot?</html>"), FetchOutcome::refused);
  std::string words;
  for (int i = 0; i < 30; ++i) words += "please log in to go on\n";
  ExpectLastGoodStays(fetcher, Ok(words), FetchOutcome::refused);
}

TEST_F(FeedFaults, F5_ErrorStatusKeepsLastGoodAndSaysWhich) {
  FeedFetcher fetcher = OpenWith(Names(20));
  for (const char* status :
       {"204 No Content", "206 Partial Content", "401 Unauthorized", "403 Forbidden",
        "404 Not Found", "410 Gone", "429 Too Many Requests", "500 Oops", "503 Unavailable"}) {
    const bool bodiless = std::string_view(status).starts_with("204");
    const FetchResult result =
        ExpectLastGoodStays(fetcher,
                            bodiless ? "HTTP/1.1 204 No Content\r\nRetry-After: 90\r\n\r\n"
                                     : Status(status, "Retry-After: 90\r\n"),
                            FetchOutcome::unreachable);
    EXPECT_NE(result.detail.find(std::string(status, 3)), std::string::npos) << result.detail;
    EXPECT_EQ(result.retry_after, std::chrono::seconds(90)) << status;
  }
}

TEST_F(FeedFaults, F5_NoServerKeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(20));
  ExpectLastGoodStays(fetcher, "", FetchOutcome::unreachable);
}

TEST_F(FeedFaults, F6_TruncatedBodyKeepsLastGood) {
  FeedFetcher fetcher = OpenWith(Names(20));
  const std::string body = Names(25);
  const std::string gzip = platform::testing::Gzipped(body);
  for (const std::string& response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + body,
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
        Ok(gzip.substr(0, gzip.size() - 5), "Content-Encoding: gzip\r\n")}) {
    ExpectLastGoodStays(fetcher, response, FetchOutcome::unreachable);
  }
}

TEST_F(FeedFaults, F7_GzipBombKeepsLastGood) {
  settings_.body_size_max = 1024 * 1024;
  FeedFetcher fetcher = OpenWith(Names(20));
  const std::string bomb = platform::testing::Gzipped(std::string(32 * 1024 * 1024, 'a'));
  ExpectLastGoodStays(fetcher, Ok(bomb, "Content-Encoding: gzip\r\n"), FetchOutcome::unreachable);
  ExpectLastGoodStays(fetcher, Ok(platform::testing::Gzipped(Names(20))), FetchOutcome::refused);
}

TEST_F(FeedFaults, F8_SlowServerEndsAtTheDeadlineAndKeepsLastGood) {
  settings_.deadline = milliseconds(300);
  FeedFetcher fetcher = OpenWith(Names(20));
  FakeHttpServer slow([](FakeHttpServer::Connection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (connection.Send("x") && connection.Pause(milliseconds(20))) {
    }
  });
  settings_.url = slow.Url();
  FeedFetcher slow_fetcher = Open();
  ASSERT_TRUE(slow_fetcher.LoadLastGood());
  const auto begin = std::chrono::steady_clock::now();
  ExpectLastGoodStays(slow_fetcher, "", FetchOutcome::unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(FeedFaults, F9_PrivateAddressIsRefusedUnlessTheSettingsAllowIt) {
  settings_.allow_private = false;
  FeedFetcher fetcher = Open();
  const FetchResult result = fetcher.Fetch(start);
  EXPECT_EQ(result.outcome, FetchOutcome::refused) << result.detail;
  settings_.url = "file:///etc/hostname";
  EXPECT_EQ(Open().Fetch(start).outcome, FetchOutcome::refused);
  EXPECT_TRUE(server_.heads().empty());
}

TEST_F(FeedFaults, SendsTheValidatorsAndTakes304AsUnchanged) {
  FeedFetcher fetcher =
      OpenWith(Names(20), "ETag: \"v1\"\r\nLast-Modified: Sun, 15 Mar 2026 11:00:00 GMT\r\n");
  EXPECT_EQ(LastHead().find("If-None-Match"), std::string::npos);
  Serve("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
  const FetchResult result = fetcher.Fetch(start);
  EXPECT_EQ(result.outcome, FetchOutcome::unchanged) << result.detail;
  EXPECT_NE(LastHead().find("If-None-Match: \"v1\""), std::string::npos);
  EXPECT_NE(LastHead().find("If-Modified-Since: Sun, 15 Mar 2026 11:00:00 GMT"), std::string::npos);
  EXPECT_EQ(result.last_good->fetched_at, start);
  EXPECT_EQ(result.last_good->accepted_at, start - std::chrono::minutes(1));
  EXPECT_EQ(Open().LoadLastGood()->last_good->fetched_at, start);
}

TEST_F(FeedFaults, TakesTheSameBytesAsUnchanged) {
  FeedFetcher fetcher = OpenWith(Names(20));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
}

TEST_F(FeedFaults, F10_FetchesUnconditionallyWhenTheLocalFileIsLost) {
  FeedFetcher fetcher = OpenWith(Names(20), "ETag: \"v1\"\r\n");
  for (const auto& entry : fs::directory_iterator(folder_ / "feeds")) {
    if (entry.path().extension() == ".good") fs::remove(entry.path());
  }
  // The same process, and one that starts anew.
  for (int i = 0; i < 2; ++i) {
    Serve("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
    const FetchResult nonsense = fetcher.Fetch(start);
    EXPECT_EQ(nonsense.outcome, FetchOutcome::unreachable);
    EXPECT_EQ(LastHead().find("If-None-Match"), std::string::npos) << LastHead();
    fetcher = Open();
    EXPECT_EQ(fetcher.LoadLastGood().error().code, ErrorCode::corrupt);
  }
  Serve(Ok(Names(20), "ETag: \"v1\"\r\n"));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  EXPECT_TRUE(Open().LoadLastGood());
}

TEST_F(FeedFaults, F10_FetchesUnconditionallyAfterAChangeOfUrlOrFormat) {
  OpenWith(Names(100), "ETag: \"v1\"\r\n");
  settings_.url = server_.Url("/other");
  FeedFetcher fetcher = Open();
  ASSERT_TRUE(fetcher.LoadLastGood());
  Serve(Ok(Names(20)));  // and is not measured by the size of the other
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  EXPECT_EQ(LastHead().find("If-None-Match"), std::string::npos);
}

TEST_F(FeedFaults, F11_OlderFileKeepsLastGood) {
  settings_.format = *FindFeedFormat("urlhaus-csv");
  FeedFetcher fetcher = OpenWith(UrlhausDump("2026-03-15 10:00:00"));
  const FetchResult result =
      ExpectLastGoodStays(fetcher, Ok(UrlhausDump("2026-03-15 09:59:59")), FetchOutcome::refused);
  EXPECT_NE(result.detail.find("older"), std::string::npos) << result.detail;
  Serve(Ok(UrlhausDump("2026-03-15 10:00:01")));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
}

TEST_F(FeedFaults, F11_ARowFromTheFutureDoesNotFreezeTheFeed) {
  settings_.format = *FindFeedFormat("urlhaus-csv");
  FeedFetcher fetcher = OpenWith(UrlhausDump("2099-01-01 00:00:00"));
  Serve(Ok(UrlhausDump("2026-03-15 10:00:00")));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
}

TEST_F(FeedFaults, AllowlistsAreKeptBySameRules) {
  settings_.kind = SourceKind::allowlist;
  settings_.format = *FindAllowlistFormat("plain");
  FeedFetcher fetcher = OpenWith(Names(100));
  ExpectLastGoodStays(fetcher, Ok(""), FetchOutcome::refused);
  ExpectLastGoodStays(fetcher, Ok(Names(50)), FetchOutcome::refused);
  ExpectLastGoodStays(fetcher, Ok("<html>"), FetchOutcome::refused);
  ExpectLastGoodStays(fetcher, Status("500 Oops"), FetchOutcome::unreachable);
  const auto loaded = Open().LoadLastGood();
  ASSERT_TRUE(loaded);
  const auto& list =
      std::get<std::shared_ptr<const policy::ParsedAllowlist>>(loaded->parsed.value().content);
  EXPECT_EQ(list->entries.size(), 100U);
}

TEST_F(FeedFaults, AFeedAndAnAllowlistMayShareAName) {
  OpenWith(Names(20));
  settings_.kind = SourceKind::allowlist;
  settings_.format = *FindAllowlistFormat("plain");
  OpenWith(Names(30));
  EXPECT_EQ(Open().LoadLastGood()->parsed->summary.rows, 30U);
  settings_.kind = SourceKind::feed;
  settings_.format = *FindFeedFormat("plain");
  EXPECT_EQ(Open().LoadLastGood()->parsed->summary.rows, 20U);
}

TEST_F(FeedFaults, SendsTheKeyOfItsFileAndReadsItAnewEachTime) {
  settings_.auth_header = "Auth-Key";
  settings_.auth_file = folder_ / "key";
  FeedFetcher fetcher = Open();
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unreachable);
  EXPECT_TRUE(server_.heads().empty());
  std::ofstream(settings_.auth_file) << "first \n";
  Serve(Ok(Names(20)));
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  EXPECT_NE(LastHead().find("Auth-Key: first\r\n"), std::string::npos);
  std::ofstream(settings_.auth_file) << "second";
  fetcher.Fetch(start);
  EXPECT_NE(LastHead().find("Auth-Key: second\r\n"), std::string::npos);
}

TEST_F(FeedFaults, DoesNotAcceptWhatItCannotKeep) {
  FeedFetcher fetcher = Open();
  fs::remove_all(folder_ / "feeds");
  Serve(Ok(Names(20)));
  const FetchResult result = fetcher.Fetch(start);
  EXPECT_EQ(result.outcome, FetchOutcome::refused);
  EXPECT_FALSE(result.last_good);
}

TEST_F(FeedFaults, ReadsAFileUrlIfTheSettingsAllowIt) {
  std::ofstream(folder_ / "list.txt") << Names(3);
  settings_.url = "file://" + (folder_ / "list.txt").string();
  settings_.allow_file = true;
  FeedFetcher fetcher = Open();
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
}

TEST_F(FeedFaults, OpensNoSourceOfABadName) {
  settings_.name = "../../etc/x";
  EXPECT_EQ(FeedFetcher::Open(settings_, folder_.path(), client_).error().code,
            ErrorCode::malformed_input);
}

TEST_F(FeedFaults, ACollectorIsGivenTheLastGoodFileAndMakesTheNewOne) {
  int status = 200;
  std::vector<std::string> given;
  settings_.format.collect =
      [&](platform::HttpClient&, const platform::HttpRequest& request,
          std::string_view last_good) -> policy::Result<platform::HttpResponse> {
    EXPECT_EQ(request.url, settings_.url);
    given.emplace_back(last_good);
    platform::HttpResponse response;
    response.status = status;
    response.body = std::string(last_good) + "n" + std::to_string(given.size()) + ".example\n";
    return response;
  };
  FeedFetcher fetcher = Open();
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  const auto second = fetcher.Fetch(start);
  EXPECT_EQ(second.outcome, FetchOutcome::accepted);
  EXPECT_EQ(second.parsed->summary.rows, 2U);
  status = 304;
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
  status = 503;
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unreachable);
  EXPECT_EQ(given, (std::vector<std::string>{"", "n1.example\n", "n1.example\nn2.example\n",
                                             "n1.example\nn2.example\n"}));

  // What was accepted of another URL is no start for this one.
  settings_.url += "other";
  FeedFetcher other = Open();
  ASSERT_TRUE(other.LoadLastGood());
  EXPECT_EQ(other.Fetch(start).outcome, FetchOutcome::unreachable);
  EXPECT_EQ(given.back(), "");
}

}  // namespace
}  // namespace agent::feeds
