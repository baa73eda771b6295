#include "agent/feeds/urlhaus_csv.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/feeds/csv.h"
#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/url.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::ThreatType;

enum Column : std::size_t {
  dateadded = 1,
  url,
  url_status,
  last_online,
  threat,
  tags,
  urlhaus_link,
  column_count = 9,
};

std::optional<bool> IsOnline(std::string_view status) {
  if (status == "online") return true;
  if (status == "offline") return false;
  return std::nullopt;
}

// A person will click on it, so it has to be a web address.
std::string WebLink(std::string_view text) {
  const auto link = policy::Url::Parse(text);
  return link ? link->text() : std::string();
}

class UrlhausSink final : public CsvSink {
 public:
  explicit UrlhausSink(std::size_t rows_max) : builder_(rows_max) {}

  void Record(std::size_t line, std::span<const std::string> fields) override {
    for (const std::string& field : fields) {
      if (const std::string_view fault = LineFault(field); !fault.empty()) {
        return builder_.Reject(line, fault);
      }
    }
    if (fields.size() != column_count) {
      return builder_.Reject(line, "not 9 columns", "it has " + std::to_string(fields.size()));
    }
    const auto added = policy::ParseTime(fields[dateadded]);
    if (!added) return builder_.Reject(line, "dateadded", added.error().detail);
    const auto online =
        fields[last_online].empty() ? added : policy::ParseTime(fields[last_online]);
    if (!online) return builder_.Reject(line, "last_online", online.error().detail);
    auto where = policy::Url::Parse(fields[url]);
    if (!where) return builder_.Reject(line, "url", where.error().detail);
    builder_.Add({.indicator = *std::move(where),
                  .first_seen = *added,
                  .last_seen = std::max(*added, *online),
                  .valid_until = std::nullopt,
                  .confidence = std::nullopt,
                  .threat = fields[threat] == "malware_download" ? ThreatType::malware_download
                                                                 : ThreatType::unknown,
                  .online = IsOnline(fields[url_status]),
                  .malware = {},
                  .tags = fields[tags] == "None" ? std::string() : fields[tags],
                  .reference = WebLink(fields[urlhaus_link])});
  }

  void Comment(std::size_t /*line*/, std::string_view text) override {
    constexpr std::string_view label = "Number of entries:";
    text = TrimBlanks(text);
    if (!text.starts_with(label)) return;
    text = TrimBlanks(text.substr(label.size()));
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    if (error == std::errc{} && stop == end) rows_promised_ = count;
  }

  void Broken(std::size_t line, std::string_view reason) override { builder_.Reject(line, reason); }

  bool full() const { return builder_.full(); }

  Result<FeedSnapshot> Finish() && {
    if (!builder_.full() && rows_promised_ && *rows_promised_ != builder_.rows_total()) {
      return Fail(ErrorCode::malformed_input,
                  "the file says that it has " + std::to_string(*rows_promised_) +
                      " entries, but it has " + std::to_string(builder_.rows_total()) +
                      ": it was cut short or put together wrongly");
    }
    return std::move(builder_).Finish();
  }

 private:
  SnapshotBuilder builder_;
  std::optional<std::uint64_t> rows_promised_;
};

}  // namespace

Result<FeedSnapshot> ParseUrlhausCsv(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                     std::size_t rows_max) {
  auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(std::move(text.error()));
  UrlhausSink sink(rows_max);
  CsvReader reader(sink);
  constexpr std::size_t piece = 64 * 1024;  // after each, a look whether to go on
  for (; !text->empty() && !sink.full(); text->remove_prefix(std::min(piece, text->size()))) {
    reader.Push(text->substr(0, piece));
  }
  reader.Finish();
  return std::move(sink).Finish();
}

}  // namespace agent::feeds
