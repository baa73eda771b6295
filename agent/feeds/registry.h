#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/feed_snapshot.h"
#include "policy/allowlist_format.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct FormatRow {
  std::string_view name;
  // Whether rows bear the feed's own times. Those of other formats were seen when the file was
  // fetched; what a server's "not modified" says of them is for the caller to judge.
  bool is_dated;
  // Pure. Fails with `malformed_input` if the file is not of this format, `exhausted` if it has
  // more than `rows_max` rows.
  policy::Result<FeedSnapshot> (*parse)(std::string_view bytes, policy::TimePoint fetched_at,
                                        std::size_t rows_max);
};

struct AllowlistFormatRow {
  std::string_view name;
  policy::Result<policy::ParsedAllowlist> (*parse)(std::string_view bytes);
};

// Every format there is: "urlhaus-csv", "plain", "hosts"; "misp-warninglist", "plain".
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

// `not_found`, naming the formats there are.
policy::Result<SourceParser> FindFeedParser(std::string_view format);
policy::Result<SourceParser> FindAllowlistParser(std::string_view format);

}  // namespace agent::feeds
