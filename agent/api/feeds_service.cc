#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/api/services.h"
#include "agent/api/traffic_message.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::Feed;
using sekisho::v1::ListFeedsRequest;
using sekisho::v1::ListFeedsResponse;
using sekisho::v1::RefreshFeedsRequest;
using sekisho::v1::RefreshFeedsResponse;

constexpr std::size_t rejected_rows_shown_max = 20;

// The engine keeps the states of both kinds under one roof.
std::string StateNameOf(const FeedSource& source) {
  return (source.is_allowlist ? "allowlist:" : "") + source.name;
}

void AddState(const store::FeedState& state, Feed& feed) {
  feed.set_state(state.state == "accepted" ? "good" : state.state);
  feed.set_detail(state.detail);
  if (state.fetched_at) *feed.mutable_fetched_at() = proto::ToTimestamp(*state.fetched_at);
  if (state.accepted_at) *feed.mutable_accepted_at() = proto::ToTimestamp(*state.accepted_at);
  feed.set_observations(state.rows - std::min(state.rows, state.rejected));
  feed.set_rejected(state.rejected);
}

// A source that answers well and has had nothing new for too long supports no block any more.
void MarkIfStale(const World::Feed& known, const policy::Policy& policy, policy::TimePoint now,
                 Feed& feed) {
  if (feed.state() != "good" && feed.state() != "unchanged") return;
  if (known.snapshot->observations.empty()) return;  // all of it is context
  policy::TimePoint newest = known.served_again.value_or(policy::TimePoint{});
  for (const auto& seen : known.snapshot->observations) newest = std::max(newest, seen.last_seen);
  const auto age_max = policy::AgeLongest(policy.ages);
  if (now - newest <= age_max) return;
  feed.set_state("stale");
  feed.set_detail("its newest observation is of " + policy::FormatTime(newest) +
                  "; the policy takes none older than " + policy::FormatDuration(age_max));
}

// What is in the file and enforced nowhere, which is no failure.
void AddContext(const feeds::FeedSnapshot& snapshot, Feed& feed) {
  if (!feed.detail().empty()) return;
  std::string text;
  for (const auto& [what, rows] : snapshot.context) {
    text += text.empty() ? "kept as context: " : ", ";
    text += std::to_string(rows) + " " + what;
  }
  if (snapshot.passed_over > 0) {
    text += (text.empty() ? "" : "; ") + std::to_string(snapshot.passed_over) + " passed over";
    std::string reasons;
    for (const auto& [why, rows] : snapshot.passed_over_by_reason) {
      reasons += (reasons.empty() ? ": " : ", ") + std::to_string(rows) + " " + why;
    }
    text += reasons;
  }
  feed.set_detail(text);
}

void AddContent(const World& world, policy::TimePoint now, Feed& feed) {
  const auto known = std::find_if(world.feeds.begin(), world.feeds.end(), [&](const auto& each) {
    return each.profile.name == feed.name();
  });
  if (known == world.feeds.end() || !known->snapshot) return;
  feed.set_observations(known->snapshot->observations.size());
  for (const auto& row : known->snapshot->rejected) {
    if (static_cast<std::size_t>(feed.rejected_rows_size()) == rejected_rows_shown_max) break;
    sekisho::v1::RejectedRow& message = *feed.add_rejected_rows();
    message.set_line(row.line);
    message.set_reason(row.reason);
  }
  MarkIfStale(*known, world.policy, now, feed);
  AddContext(*known->snapshot, feed);
}

// Of the sources that `names` holds; of all if it holds none.
template <class Response>
Result<Response> FeedsOf(const Desk& desk, const std::vector<std::string>& names) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto states = (*reader)->FeedStates();
  if (!states) return tl::unexpected(states.error());
  const auto world = desk.engine.world();
  const auto now = desk.clock.Now();
  Response response;
  for (const FeedSource& source : desk.feeds.Sources()) {
    if (!names.empty() && std::find(names.begin(), names.end(), source.name) == names.end()) {
      continue;
    }
    Feed& feed = *response.add_feeds();
    feed.set_name(source.name);
    feed.set_url(source.url);
    feed.set_is_allowlist(source.is_allowlist);
    feed.set_state("never fetched");
    const auto state = std::find_if(states->begin(), states->end(), [&](const auto& each) {
      return each.name == StateNameOf(source);
    });
    if (state != states->end()) AddState(*state, feed);
    if (!source.is_allowlist) AddContent(*world, now, feed);
  }
  return response;
}

Result<ListFeedsResponse> ListFeeds(const Desk& desk) {
  auto response = FeedsOf<ListFeedsResponse>(desk, {});
  if (!response) return response;
  for (const std::string& name : desk.engine.world()->missing_allowlists) {
    response->add_missing_allowlists(name);
  }
  AddTrafficLogs(*desk.engine.world(), *response);
  return response;
}

// No names are all of them.
Result<void> CheckFeeds(const Caller& caller, const std::vector<std::string>& names) {
  if (names.empty()) return CheckFeed(caller, "");
  for (const std::string& name : names) {
    if (auto allowed = CheckFeed(caller, name); !allowed) return allowed;
  }
  return {};
}

class Refresher {
 public:
  explicit Refresher(const Desk& desk) : desk_(desk) {}

  Result<RefreshFeedsResponse> operator()(const Caller& caller,
                                          const RefreshFeedsRequest& request) {
    const std::vector<std::string> names(request.names().begin(), request.names().end());
    if (auto allowed = CheckFeeds(caller, names); !allowed) return tl::unexpected(allowed.error());
    // A wait is as long as the slowest source and takes one of few threads: one at a time.
    std::unique_lock waiting(waiting_, std::defer_lock);
    if (request.wait() && !waiting.try_lock()) {
      return Fail(ErrorCode::exhausted,
                  "somebody waits for a refresh already; try again later, or do not wait");
    }
    if (request.accept_size()) {
      if (auto recorded = RecordWaiver(caller, names); !recorded) {
        return tl::unexpected(recorded.error());
      }
    }
    const FeedControl::RefreshOptions options{request.wait(), request.accept_size()};
    if (auto done = desk_.feeds.Refresh(names, options); !done) {
      return tl::unexpected(done.error());
    }
    return FeedsOf<RefreshFeedsResponse>(desk_, names);
  }

 private:
  // Before the file is taken: what a person vouched for must not be in force without their name.
  Result<void> RecordWaiver(const Caller& caller, const std::vector<std::string>& names) {
    if (names.empty()) {
      return Fail(ErrorCode::malformed_input,
                  "accept_size is for sources that somebody looked at: name them");
    }
    const auto sources = desk_.feeds.Sources();
    for (const std::string& name : names) {
      const bool is_known = std::any_of(sources.begin(), sources.end(),
                                        [&](const auto& source) { return source.name == name; });
      if (!is_known) return Fail(ErrorCode::not_found, "there is no feed \"" + name + "\"");
    }
    return desk_.engine.Record(
        {caller.name, "feed.accept-size", "", nlohmann::json({{"sources", names}}).dump()});
  }

  const Desk& desk_;
  std::mutex waiting_;
};

}  // namespace

void AddFeeds(MethodTable& table, const Desk& desk) {
  table.Add<ListFeedsRequest, ListFeedsResponse>(
      "sekisho.v1.Feeds.ListFeeds",
      [&desk](const Caller&, const ListFeedsRequest&) { return ListFeeds(desk); });
  table.Add<RefreshFeedsRequest, RefreshFeedsResponse>(
      "sekisho.v1.Feeds.RefreshFeeds",
      [refresher = std::make_shared<Refresher>(desk)](const Caller& caller,
                                                      const RefreshFeedsRequest& request) {
        return (*refresher)(caller, request);
      });
}

}  // namespace agent::api
