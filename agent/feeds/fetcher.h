#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/last_good.h"
#include "agent/feeds/registry.h"
#include "agent/feeds/spool.h"
#include "agent/feeds/url_secrets.h"
#include "platform/http_client.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

enum class SourceKind : std::uint8_t { feed, allowlist };

struct SourceSettings {
  SourceKind kind = SourceKind::feed;
  std::string name;  // a-z, 0-9, "-", "_"; unique within its kind
  std::string url;   // a name of its own, "push:NAME", for what is not fetched
  UrlSecrets url_secrets;
  SourceFormat format;
  std::chrono::seconds interval{std::chrono::minutes(10)};
  std::chrono::milliseconds deadline{60'000};
  std::size_t body_size_max = 64 * 1024 * 1024;
  bool allow_private = false;  // addresses: for a mirror of one's own
  bool allow_file = false;     // file: URLs
  std::filesystem::path ca_file;
  std::string proxy;
  // A header whose value is the first line of a file, read at each fetch so that a key can be
  // changed. Both or neither.
  std::string auth_header;
  std::filesystem::path auth_file;
  // Basic authentication (RFC 7617); the password is the first line of its file. Both or neither.
  std::string user;
  std::filesystem::path password_file;
  // A client certificate and its key, PEM. Both or neither.
  std::filesystem::path client_certificate;
  std::filesystem::path client_key;
  AcceptanceLimits limits;
};

enum class FetchOutcome : std::uint8_t {
  accepted,     // new content
  unchanged,    // the server still has what was accepted last
  refused,      // what it has is not acceptable; the last good one stays
  unreachable,  // it gave nothing; the last good one stays
};
std::string_view Name(FetchOutcome outcome);

struct FetchResult {
  SourceKind kind;
  std::string source;
  FetchOutcome outcome;
  // Why, where it is refused or unreachable; one line, to be shown as text, and without keys.
  std::string detail;
  policy::TimePoint at;  // of the attempt
  std::optional<std::chrono::seconds> retry_after;
  // The last good file after this attempt; none if nothing was ever accepted.
  std::optional<AcceptedFile> last_good;
  // Only if accepted, or loaded at start.
  std::optional<ParsedSource> parsed;
};

// Whether a person has looked at a file of unusual size or age and wants it nevertheless. Emptiness
// and the cap on rows are not waived.
enum class SizeCheck : std::uint8_t { enforce, waive };

// Fetches one source, a feed or an allowlist, and keeps its last good file on disk. Whatever goes
// wrong, the last good file stays as it is. Not thread-safe; `client` has to outlive it.
//
// Call LoadLastGood once, then Fetch as often as needed.
class FeedFetcher {
 public:
  // Keeps its files in `data_dir`/feeds or `data_dir`/allowlists, and what is pushed to it in
  // `data_dir`/push. Fails with `malformed_input` on a bad name, `unavailable` without the folder,
  // `corrupt` if what waits in push can't be read.
  static policy::Result<FeedFetcher> Open(SourceSettings settings,
                                          const std::filesystem::path& data_dir,
                                          platform::HttpClient& client);

  // What was accepted before the restart, as of outcome `unchanged`. Rows of a format without times
  // are as old as when it was accepted. `not_found` if there is none, `corrupt` if it is damaged or
  // can't be read any more; both mean that the next Fetch is unconditional.
  policy::Result<FetchResult> LoadLastGood();

  FetchResult Fetch(policy::TimePoint now, std::stop_token stop = {},
                    SizeCheck size_check = SizeCheck::enforce);

  const SourceSettings& settings() const { return settings_; }
  // Where observations are pushed to; null for a source that is fetched from elsewhere.
  const std::shared_ptr<Spool>& spool() const { return spool_; }

 private:
  FeedFetcher(SourceSettings settings, LastGoodFolder folder, platform::HttpClient& client);

  policy::Result<platform::HttpRequest> MakeRequest(std::stop_token stop) const;
  policy::Result<platform::HttpResponse> Request(const platform::HttpRequest& request) const;
  bool IsConditional() const;
  FetchResult TakeResponse(platform::HttpResponse response, policy::TimePoint now,
                           SizeCheck size_check);
  FetchResult TakeBody(const platform::HttpResponse& response, policy::TimePoint now,
                       SizeCheck size_check);
  FetchResult Confirm(const platform::HttpResponse& response, policy::TimePoint now);
  FetchResult Accept(AcceptedFile file, std::string_view bytes, ParsedSource parsed,
                     policy::TimePoint now);
  AcceptedBefore HistoryBefore() const;
  FetchResult Report(FetchOutcome outcome, policy::TimePoint now, std::string detail = {}) const;

  SourceSettings settings_;
  LastGoodFolder folder_;
  platform::HttpClient* client_;
  std::shared_ptr<Spool> spool_;
  std::optional<AcceptedFile> last_good_;
};

}  // namespace agent::feeds
