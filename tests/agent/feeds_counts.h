#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/registry.h"
#include "config/yaml.h"
#include "policy/result.h"

namespace agent::feeds {

// What became of each row of a file.
struct Counts {
  std::uint64_t rows = 0;
  std::uint64_t observations = 0;  // each indicator once
  std::map<std::string, std::uint64_t> rejected = {};
  std::map<std::string, std::uint64_t> context = {};
  std::uint64_t passed_over = 0;

  friend bool operator==(const Counts&, const Counts&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Counts& counts) {
    out << counts.rows << " rows, " << counts.observations << " observations, "
        << counts.passed_over << " passed over";
    for (const auto& [reason, count] : counts.rejected)
      out << ", rejected " << reason << ' ' << count;
    for (const auto& [what, count] : counts.context) out << ", context " << what << ' ' << count;
    return out;
  }
};

inline Counts CountsOf(const FeedSnapshot& snapshot) {
  return {snapshot.rows_total, snapshot.observations.size(), snapshot.rejected_by_reason,
          snapshot.context, snapshot.passed_over};
}

// The first rejected rows, for a failing test.
inline std::string RejectedText(const FeedSnapshot& snapshot) {
  std::string text;
  for (const RejectedRow& row : snapshot.rejected) {
    text += std::to_string(row.line) + ": " + row.reason + "\n";
  }
  return text;
}

// The format that a feed with these keys has: "format: csv\ncolumns: ...".
inline policy::Result<FeedFormat> FormatOf(const std::string& yaml) {
  auto document = config::Document::Parse(yaml, "feed.yaml");
  if (!document) return tl::unexpected(document.error());
  const config::Node source = document->root();
  const std::string name = source.Require("format").AsString();
  for (const FormatRow& row : FeedFormats()) {
    if (row.name != name) continue;
    FeedFormat format = row.make(source);
    if (auto ok = document->Finish(); !ok) return tl::unexpected(ok.error());
    return format;
  }
  return policy::Fail(policy::ErrorCode::not_found, "there is no format " + name);
}

inline policy::Result<FeedSnapshot> ParseAs(const std::string& yaml, std::string_view bytes) {
  const auto format = FormatOf(yaml);
  if (!format) return tl::unexpected(format.error());
  return format->parse(bytes, *policy::ParseTime("2026-03-15T05:00:00Z"), 1'000'000);
}

}  // namespace agent::feeds
