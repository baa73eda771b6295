#include "agent/feeds/plain_list.h"

#include <algorithm>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/ascii.h"
#include "policy/indicator.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::IndicatorKind;
using policy::Result;

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), policy::IsDigit);
}

void ParseRow(std::size_t number, std::string_view line, policy::TimePoint fetched_at,
              SnapshotBuilder& builder) {
  std::string_view rest = WithoutComment(line);
  const std::string_view word = TakeWord(rest);
  if (word.empty()) return;
  auto indicator = policy::GuessIndicator(word);
  if (!indicator) return builder.Reject(number, "no indicator", indicator.error().detail);
  const bool is_scored = policy::KindOf(*indicator) == IndicatorKind::ip && IsNumber(rest);
  if (!rest.empty() && !is_scored) {
    return builder.Reject(number, "more than one word",
                          policy::Quote(word) + " is followed by " + policy::Quote(rest));
  }
  builder.Add(SeenAt(*std::move(indicator), fetched_at));
}

}  // namespace

Result<FeedSnapshot> ParsePlainList(std::string_view bytes, policy::TimePoint fetched_at,
                                    std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  SnapshotBuilder builder(rows_max);
  ForEachLine(*text, [&](std::size_t number, std::string_view line) {
    if (builder.full()) return;
    if (const std::string_view fault = LineFault(line); !fault.empty()) {
      return builder.Reject(number, fault);
    }
    ParseRow(number, line, fetched_at, builder);
  });
  return std::move(builder).Finish();
}

}  // namespace agent::feeds
