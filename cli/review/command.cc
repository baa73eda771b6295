#include <algorithm>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/review/frame.h"
#include "cli/review/review.h"
#include "cli/review/screen.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

using policy::Result;
using review::Decision;
using review::Review;

constexpr std::chrono::milliseconds key_patience{100};
constexpr std::chrono::seconds watch_every{3};  // as the page does
constexpr std::chrono::seconds watch_patience{5};
constexpr std::chrono::minutes decide_patience{5};

template <class Value>
bool IsReady(const std::future<Value>& future) {
  return future.valid() && future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

v1::DecideRequest RequestFor(const Decision& decision,
                             const std::optional<std::chrono::seconds>& lifetime) {
  v1::DecideRequest request;
  request.set_verdict(decision.verdict);
  request.set_reason(decision.reason);
  for (const v1::Proposal& one : decision.proposals) {
    request.add_ids(one.id());
    request.add_digests(one.digest());
  }
  if (lifetime && decision.verdict == v1::DecideRequest::VERDICT_APPROVE) {
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  return request;
}

// Brings the agent's answers to the review, while keys go on being read.
class Calls {
 public:
  Calls(const AgentClient& agent, Review& review, std::optional<std::chrono::seconds> lifetime)
      : agent_(agent), review_(review), lifetime_(lifetime) {}

  void Start(review::TimePoint now) {
    if (auto wanted = review_.WantedPage()) {
      page_ = std::async(std::launch::async, [this, request = std::move(*wanted)] {
        return agent_.Call(&v1::Queue::Stub::ListProposals, request);
      });
    }
    for (Decision& decision : review_.TakeDue(now)) {
      auto answer =
          std::async(std::launch::async, [this, request = RequestFor(decision, lifetime_)] {
            return agent_.Call(&v1::Queue::Stub::Decide, request, decide_patience);
          });
      decided_.emplace_back(std::move(decision), std::move(answer));
    }
    if (!watch_.valid() && now >= next_watch_) StartWatch(now);
    if (claim_.valid()) return;
    if (const auto wanted = review_.WantedClaim(now)) {
      claim_ = std::async(std::launch::async, [this, request = *wanted] {
        return agent_.Call(&v1::Queue::Stub::Claim, request, watch_patience);
      });
    }
  }

  void Take() {
    if (IsReady(page_)) review_.Took(page_.get());
    for (auto& [decision, answer] : decided_) {
      if (IsReady(answer)) review_.Settled(decision, answer.get());
    }
    std::erase_if(decided_, [](const auto& one) { return !one.second.valid(); });
    if (IsReady(claim_)) review_.Claimed(claim_.get());
    if (IsReady(watch_)) {
      if (const auto answer = watch_.get()) review_.Watched(*answer);
    }
  }

  // Who leaves is at nothing any more; that no answer came makes no difference.
  void Leave() {
    if (claim_.valid()) claim_.wait();
    if (!review_.has_claimed()) return;
    (void)agent_.Call(&v1::Queue::Stub::Claim, v1::ClaimRequest(), watch_patience);
  }

 private:
  void StartWatch(review::TimePoint now) {
    next_watch_ = now + watch_every;
    watch_ = std::async(std::launch::async, [this, request = review_.WatchRequest()] {
      return agent_.Call(&v1::Queue::Stub::Watch, request, watch_patience);
    });
  }

  const AgentClient& agent_;
  Review& review_;
  std::optional<std::chrono::seconds> lifetime_;
  std::future<Result<v1::ListProposalsResponse>> page_;
  std::vector<std::pair<Decision, std::future<Result<v1::DecideResponse>>>> decided_;
  std::future<Result<v1::WatchResponse>> watch_;
  std::future<Result<v1::ClaimResponse>> claim_;
  review::TimePoint next_watch_;
};

void Run(const Session& session, Review& review, std::optional<std::chrono::seconds> lifetime) {
  Calls calls(session.agent, review, lifetime);
  review::Screen screen;
  while (!review.is_over()) {
    const auto now = std::chrono::steady_clock::now();
    calls.Start(now);
    calls.Take();
    screen.Show(review::Compose(review, session.printer, screen.size()));
    if (const auto key = screen.Read(key_patience)) review.Press(*key, now);
  }
  calls.Leave();
}

}  // namespace

CommandResult ReviewQueue(const Session& session, const Arguments& arguments) {
  const Surroundings& surroundings = session.surroundings;
  if (!surroundings.in_is_terminal || !surroundings.out_is_terminal || session.printer.is_json()) {
    return UsageError(session, Text::review_needs_terminal);
  }
  std::optional<std::chrono::seconds> lifetime;
  if (!arguments.expires.empty()) {
    const auto parsed = policy::ParseDuration(arguments.expires);
    if (!parsed) return tl::unexpected(parsed.error());
    lifetime = *parsed;
  }
  // Whoever may not read the queue, or mistyped the filter, is told before the screen is cleared.
  v1::ListProposalsRequest first;
  first.set_filter(arguments.filter);
  first.set_limit(1);
  const auto answer = session.agent.Call(&v1::Queue::Stub::ListProposals, first);
  if (!answer) return tl::unexpected(answer.error());
  SayMissingAllowlists(session.printer, answer->missing_allowlists());

  Review review(session.printer, arguments.filter);
  Run(session, review, lifetime);

  const review::Tally& tally = review.tally();
  Table table = TableOf(session.printer, {Text::approved, Text::rejected_count, Text::deferred,
                                          Text::awaiting, Text::refused});
  table.rows.push_back({std::to_string(tally.approved), std::to_string(tally.rejected),
                        std::to_string(tally.deferred), std::to_string(tally.awaiting),
                        std::to_string(tally.refused)});
  session.printer.Show(table);
  return tally.refused == 0 ? ExitCode::ok : ExitCode::failure;
}

}  // namespace cli
