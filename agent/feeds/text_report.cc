#include "agent/feeds/text_report.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/text_word.h"
#include "agent/feeds/text_words.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::Domain;
using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;

const Domain* NameIn(const Indicator& indicator) {
  if (const auto* name = std::get_if<Domain>(&indicator)) return name;
  const auto* url = std::get_if<policy::Url>(&indicator);
  return url == nullptr ? nullptr : std::get_if<Domain>(&url->host());
}

class Reader {
 public:
  Reader(policy::TimePoint fetched_at, const TextOptions& options, SnapshotBuilder& builder)
      : fetched_at_(fetched_at), options_(options), builder_(builder) {}

  void Line(std::size_t number, std::string_view line) {
    const std::vector<std::string> words = WordsOf(line);
    std::string_view before;
    for (const std::string& word : words) {
      if (builder_.full()) return;
      Take(number, word, ClassifyWord(word, before, words.size() == 1, options_.scheme));
      before = word;
    }
  }

  // How many would have been found, had plain ones counted.
  std::size_t plain() const { return plain_; }

 private:
  void Take(std::size_t number, const std::string& word, TextWord found) {
    using Kind = TextWord::Kind;
    if (found.kind == Kind::ordinary) return;
    const bool counts = found.defanged || options_.plain;
    if (found.kind == Kind::indicator) return TakeIndicator(number, std::move(found), counts);
    // Prose is full of file names, and a list of them would tell nobody anything.
    if (!counts) return;
    if (found.kind == Kind::broken) {
      builder_.Reject(number, found.reason, policy::Quote(word));
    } else {
      builder_.Decline(number, found.reason, policy::Quote(word));
    }
  }

  void TakeIndicator(std::size_t number, TextWord found, bool counts) {
    Indicator& indicator = *found.indicator;
    const bool is_hash = policy::KindOf(indicator) == policy::IndicatorKind::file_hash;
    if (!found.defanged && IsOwnSite(indicator)) {
      return builder_.Decline(number, "the report's own site", policy::TextOf(indicator));
    }
    if (!counts && !is_hash) {
      ++plain_;
      return builder_.Decline(number, "not defanged", policy::TextOf(indicator));
    }
    policy::Observation observation = SeenAt(std::move(indicator), fetched_at_);
    observation.reference = options_.reference;
    builder_.Add(std::move(observation));
  }

  bool IsOwnSite(const Indicator& indicator) const {
    const Domain* const name = NameIn(indicator);
    return name != nullptr &&
           std::any_of(options_.own_sites.begin(), options_.own_sites.end(),
                       [name](const Domain& site) { return name->IsWithin(site); });
  }

  policy::TimePoint fetched_at_;
  const TextOptions& options_;
  SnapshotBuilder& builder_;
  std::size_t plain_ = 0;
};

}  // namespace

Result<FeedSnapshot> ParseTextReport(std::string_view bytes, policy::TimePoint fetched_at,
                                     std::size_t rows_max, const TextOptions& options) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  SnapshotBuilder builder(rows_max);
  Reader reader(fetched_at, options, builder);
  ForEachLine(*text, [&](std::size_t number, std::string_view line) {
    if (builder.full()) return;
    if (const std::string_view fault = LineFault(line); !fault.empty()) {
      return builder.Reject(number, fault);
    }
    reader.Line(number, line);
  });
  auto snapshot = std::move(builder).Finish();
  if (snapshot && snapshot->observations.empty() && reader.plain() > 0) {
    return Fail(ErrorCode::malformed_input,
                "it has " + std::to_string(reader.plain()) +
                    " names, addresses and URLs, and none of them is defanged: if it is a list and "
                    "no report, set plain: true");
  }
  return snapshot;
}

}  // namespace agent::feeds
