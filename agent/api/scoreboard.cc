#include "agent/api/scoreboard.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/queue/queue.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::Result;
using sekisho::v1::FeedScore;
using sekisho::v1::GetScoreboardResponse;
using std::chrono::hours;
using std::chrono::seconds;
using store::ProposalState;
using Scores = std::map<std::string, FeedScore>;

constexpr std::size_t waits_max = 10'000;
constexpr std::array<hours, 6> age_bounds{hours(0),  hours(1),      hours(6),
                                          hours(24), hours(24 * 3), hours(24 * 7)};

void Count(const store::TraitCount& trait, ProposalState state, Scores& scores,
           GetScoreboardResponse& response) {
  const bool is_false = trait.reason_codes.find(',' + std::string(queue::false_positive_code) +
                                                ',') != std::string::npos;
  const auto add = [&](auto& score) {
    if (state == ProposalState::approved) score.set_approved(score.approved() + trait.count);
    if (state != ProposalState::rejected) return;
    score.set_rejected(score.rejected() + trait.count);
    if (is_false) score.set_false_positives(score.false_positives() + trait.count);
  };
  add(response);
  const auto feeds = SplitAtCommas(trait.feeds);
  for (const std::string& feed : feeds) {
    FeedScore& score = scores[feed];
    score.set_proposals(score.proposals() + trait.count);
    if (feeds.size() == 1) score.set_unique(score.unique() + trait.count);
    add(score);
  }
}

Result<void> CountProposals(store::Reader& reader, Scores& scores,
                            GetScoreboardResponse& response) {
  for (const ProposalState state : {ProposalState::pending, ProposalState::deferred,
                                    ProposalState::approved, ProposalState::rejected}) {
    store::ProposalQuery query;
    query.states = {state};
    const auto traits = reader.CountByTrait(query);
    if (!traits) return tl::unexpected(traits.error());
    for (const store::TraitCount& trait : *traits) Count(trait, state, scores, response);
  }
  return {};
}

Result<void> CountAges(store::Reader& reader, policy::TimePoint now,
                       GetScoreboardResponse& response) {
  const auto pending = reader.PendingByHour();
  if (!pending) return tl::unexpected(pending.error());
  std::array<std::uint64_t, age_bounds.size()> counts{};
  for (const auto& [since, count] : *pending) {
    const auto over = std::upper_bound(age_bounds.begin() + 1, age_bounds.end(), now - since);
    counts[static_cast<std::size_t>(over - age_bounds.begin()) - 1] += count;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sekisho::v1::PendingAge& age = *response.add_pending();
    *age.mutable_from() = proto::ToDuration(age_bounds[i]);
    age.set_count(counts[i]);
  }
  return {};
}

// The one below which that share lies; of none, none.
std::optional<seconds> Quantile(std::vector<seconds>& waits, int percent) {
  if (waits.empty()) return std::nullopt;
  const auto at = waits.begin() + static_cast<std::ptrdiff_t>(
                                      (waits.size() - 1) * static_cast<std::size_t>(percent) / 100);
  std::nth_element(waits.begin(), at, waits.end());
  return *at;
}

Result<void> CountWaits(store::Reader& reader, Scores& scores, GetScoreboardResponse& response) {
  const auto approved = reader.NewestWaits(waits_max);
  if (!approved) return tl::unexpected(approved.error());
  std::vector<seconds> all;
  std::map<std::string, std::vector<seconds>> by_feed;
  for (const store::Reader::Wait& wait : *approved) {
    all.push_back(wait.lasted);
    for (const std::string& feed : SplitAtCommas(wait.feeds)) by_feed[feed].push_back(wait.lasted);
  }
  if (const auto median = Quantile(all, 50)) {
    *response.mutable_median_wait() = proto::ToDuration(*median);
    *response.mutable_longest_wait() = proto::ToDuration(*Quantile(all, 90));
  }
  for (auto& [feed, waits] : by_feed) {
    *scores[feed].mutable_median_wait() = proto::ToDuration(*Quantile(waits, 50));
  }
  return {};
}

void AddNewest(const World& world, Scores& scores) {
  for (const World::Feed& feed : world.feeds) {
    FeedScore& score = scores[feed.profile.name];
    if (!feed.snapshot || feed.snapshot->observations.empty()) continue;
    const auto& seen = feed.snapshot->observations;
    const auto newest = std::max_element(
        seen.begin(), seen.end(),
        [](const auto& one, const auto& other) { return one.last_seen < other.last_seen; });
    *score.mutable_newest() = proto::ToTimestamp(newest->last_seen);
  }
}

}  // namespace

Result<GetScoreboardResponse> CountScores(store::Reader& reader, const World& world,
                                          policy::TimePoint now) {
  GetScoreboardResponse response;
  *response.mutable_as_of() = proto::ToTimestamp(now);
  Scores scores;
  AddNewest(world, scores);
  if (auto done = CountProposals(reader, scores, response); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = CountAges(reader, now, response); !done) return tl::unexpected(done.error());
  if (auto done = CountWaits(reader, scores, response); !done) return tl::unexpected(done.error());
  for (auto& [name, score] : scores) {
    score.set_feed(name);
    *response.add_feeds() = std::move(score);
  }
  return response;
}

}  // namespace agent::api
