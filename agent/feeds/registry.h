#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/feed_snapshot.h"
#include "config/yaml.h"
#include "platform/http_client.h"
#include "policy/allowlist_format.h"
#include "policy/evaluate.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

class Spool;

// Pure. Fails with `malformed_input` if the file is not of the format, `exhausted` if it has more
// than `rows_max` rows.
using FeedParser = std::function<policy::Result<FeedSnapshot>(
    std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max)>;

// Gets a source's file where that takes more than one request: pages, an index and its files.
// `request` is the one that would be made otherwise: its credentials are for its origin only, its
// deadline and size cap are for all requests together. `last_good` is the file that was accepted
// last, empty for none. Gives status 200 and the whole new file, or 304 if there is nothing new;
// any other status is the one that a server refused with.
using Collector = std::function<policy::Result<platform::HttpResponse>(
    platform::HttpClient& client, const platform::HttpRequest& request,
    std::string_view last_good)>;

// A format as one feed's configuration wants it.
struct FeedFormat {
  // Whether rows bear the feed's own times. Those of other formats were seen when the file was
  // fetched; what a server's "not modified" says of them is for the caller to judge.
  bool is_dated;
  FeedParser parse;
  Collector collect;  // null: a plain GET of the source's URL
  // Whether its newest rows may be withdrawn, so that a file older than the last is no sign of
  // replay.
  bool may_go_back = false;
  // Whether it is what we have seen ourselves: that may be nothing, and shrink and grow as it
  // pleases, so that sizes and ages tell of no fault.
  bool is_own = false;
  policy::FeedRole role = policy::FeedRole::intelligence;  // unless the configuration says another
  std::chrono::seconds interval_default{std::chrono::minutes(10)};
  // For a format without a URL, to which observations are pushed: makes its collector.
  std::function<Collector(std::shared_ptr<Spool>)> collect_pushed;
};

struct FormatRow {
  std::string_view name;
  // Reads the keys that only this format knows. An absent node gives what it has by default.
  FeedFormat (*make)(const config::Node& source);
};

struct AllowlistFormatRow {
  std::string_view name;
  policy::Result<policy::ParsedAllowlist> (*parse)(std::string_view bytes);
};

// Every format there is.
std::span<const FormatRow> FeedFormats();
std::span<const AllowlistFormatRow> AllowlistFormats();

// What a source's file turns out to hold; never null once fetched.
using SourceContent = std::variant<std::shared_ptr<const FeedSnapshot>,
                                   std::shared_ptr<const policy::ParsedAllowlist>>;

struct ParsedSource {
  SourceContent content;
  ContentSummary summary;
  std::uint64_t rejected = 0;
};

// Makes content of a source's bytes; pure, any thread.
using SourceParser = std::function<policy::Result<ParsedSource>(
    std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max)>;

// How a source's file is got and read.
struct SourceFormat {
  std::string name;
  bool is_dated = true;
  SourceParser parse;
  Collector collect;
  // Of feeds alone; as in FeedFormat.
  bool is_own = false;
  policy::FeedRole role = policy::FeedRole::intelligence;
  std::chrono::seconds interval_default{std::chrono::minutes(10)};
  std::function<Collector(std::shared_ptr<Spool>)> collect_pushed;
};

// `source` is where the format's own keys are. Fail with `not_found`, naming the formats there are.
policy::Result<SourceFormat> FindFeedFormat(std::string_view name, const config::Node& source = {});
policy::Result<SourceFormat> FindAllowlistFormat(std::string_view name);

}  // namespace agent::feeds
