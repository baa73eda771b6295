#include "agent/api/changes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "agent/api/bulk_message.h"
#include "platform/log.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::FollowRequest;
using sekisho::v1::FollowResponse;
using Steady = std::chrono::steady_clock::time_point;

bool IsSamePlace(const Presence::Place& a, const Presence::Place& b) {
  return a.name == b.name && a.filter == b.filter && a.proposal_id == b.proposal_id;
}

}  // namespace

struct Changes::State {
  std::mutex mutex;
  std::uint64_t version = 0;  // of what is to be told; 0: nothing yet
  FollowResponse common;      // without `others`, which are others for each
  std::vector<Presence::Place> places;
  std::uint64_t claims_version = 0;
  Steady now;
  policy::TimePoint at;
  std::vector<std::weak_ptr<Follower>> followers;
};

class Changes::Follower final : public MessageStream {
 public:
  Follower(std::shared_ptr<State> state, std::shared_ptr<Claims> claims, const Call& call,
           std::chrono::seconds repeat_after)
      : state_(std::move(state)),
        claims_(std::move(claims)),
        name_(call.caller.name),
        is_admitted_(call.is_admitted),
        repeat_after_(repeat_after) {}

  Result<MessagePtr> Next() override {
    const std::lock_guard lock(state_->mutex);
    if (ended_) return tl::unexpected(*ended_);
    if (!HasNews()) return MessagePtr();
    told_ = state_->version;
    told_at_ = state_->now;
    auto message = std::make_unique<FollowResponse>(state_->common);
    for (const Presence::Place& place : state_->places) {
      if (place.name != name_) *message->add_others() = ToMessage(place);
    }
    *message->mutable_claims() = claims_->Since(told_claims_, name_, state_->at);
    told_claims_ = message->claims().version();
    return message;
  }

  void Await(std::function<void()> wake) override {
    const std::lock_guard lock(state_->mutex);
    wake_ = std::move(wake);
  }

  const std::string& name() const { return name_; }
  // Asks the gate, which takes locks of its own: not under the state's mutex.
  Result<void> Check() const { return is_admitted_ ? is_admitted_() : Result<void>(); }

  // The rest is under the state's mutex.
  bool HasNews() const {
    return state_->version != 0 &&
           (told_ != state_->version || state_->now - told_at_ >= repeat_after_);
  }
  void End(policy::Error why) {
    if (!ended_) ended_ = std::move(why);
  }
  // What is to be called once the mutex is free; empty if there is nothing to say.
  std::function<void()> WakeIfNews() const {
    return ended_ || HasNews() ? wake_ : std::function<void()>();
  }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<Claims> claims_;
  const std::string name_;
  const std::function<Result<void>()> is_admitted_;
  const std::chrono::seconds repeat_after_;
  std::function<void()> wake_;
  std::optional<policy::Error> ended_;
  std::uint64_t told_ = 0;
  std::uint64_t told_claims_ = 0;
  Steady told_at_;
};

Changes::Changes(const Desk& desk, FollowLimits limits)
    : desk_(desk), limits_(limits), state_(std::make_shared<State>()) {
  thread_ = std::thread([this] { Run(); });
}

Changes::~Changes() {
  {
    const std::lock_guard lock(state_->mutex);
    is_stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

Result<std::shared_ptr<MessageStream>> Changes::Follow(const Call& call) {
  const std::lock_guard lock(state_->mutex);
  auto& followers = state_->followers;
  std::erase_if(followers, [](const auto& each) { return each.expired(); });
  const auto own = std::count_if(followers.begin(), followers.end(), [&](const auto& each) {
    const auto follower = each.lock();
    return follower && follower->name() == call.caller.name;
  });
  if (static_cast<std::size_t>(own) >= limits_.of_one_caller ||
      followers.size() >= limits_.of_all) {
    return Fail(ErrorCode::exhausted, "too many streams at once; end one, or ask now and then");
  }
  auto follower = std::make_shared<Follower>(state_, desk_.claims, call, limits_.repeat_after);
  followers.push_back(follower);
  changed_.notify_all();
  return std::shared_ptr<MessageStream>(std::move(follower));
}

void Changes::Run() {
  std::unique_lock lock(state_->mutex);
  while (true) {
    if (state_->followers.empty()) state_->version = 0;  // who comes next gets no old news
    changed_.wait(lock, [this] { return is_stopping_ || !state_->followers.empty(); });
    if (is_stopping_) break;
    lock.unlock();
    if (auto looked = Look(); !looked) {
      platform::Warn("what changed could not be read: {}", looked.error().detail);
    }
    lock.lock();
    changed_.wait_for(lock, limits_.look_every, [this] { return is_stopping_; });
    std::erase_if(state_->followers, [](const auto& each) { return each.expired(); });
  }
  std::vector<std::function<void()>> wakes;
  for (const auto& each : state_->followers) {
    if (const auto follower = each.lock()) {
      follower->End({ErrorCode::unavailable, "the agent is stopping"});
      wakes.push_back(follower->WakeIfNews());
    }
  }
  lock.unlock();
  for (const auto& wake : wakes) {
    if (wake) wake();
  }
}

Result<void> Changes::Look() {
  const std::uint64_t revision = desk_.engine.revision();
  const policy::TimePoint at = desk_.clock.Now();
  auto places = desk_.presence->All(at);
  const std::uint64_t claims_version = desk_.claims->version(at);
  std::vector<std::shared_ptr<Follower>> followers;
  bool is_new = false;
  bool is_moved = false;
  {
    const std::lock_guard lock(state_->mutex);
    is_new = state_->version == 0 || state_->common.revision() != revision;
    is_moved = state_->claims_version != claims_version ||
               !std::equal(places.begin(), places.end(), state_->places.begin(),
                           state_->places.end(), IsSamePlace);
    for (const auto& each : state_->followers) {
      if (auto follower = each.lock()) followers.push_back(std::move(follower));
    }
  }
  FollowResponse common;
  if (is_new) {
    auto read = Common(revision);
    if (!read) return tl::unexpected(read.error());
    common = std::move(*read);
  }
  std::vector<Result<void>> checks;
  checks.reserve(followers.size());
  for (const auto& follower : followers) checks.push_back(follower->Check());

  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(state_->mutex);
    if (is_new) state_->common = std::move(common);
    if (is_new || is_moved) ++state_->version;
    state_->places = std::move(places);
    state_->claims_version = claims_version;
    state_->at = at;
    state_->now = desk_.clock.SteadyNow();
    for (std::size_t i = 0; i < followers.size(); ++i) {
      if (!checks[i]) followers[i]->End(checks[i].error());
      wakes.push_back(followers[i]->WakeIfNews());
    }
  }
  for (const auto& wake : wakes) {
    if (wake) wake();
  }
  return {};
}

Result<FollowResponse> Changes::Common(std::uint64_t revision) const {
  auto reader = desk_.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto running = (*reader)->RunningBulk();
  if (!running) return tl::unexpected(running.error());
  FollowResponse common;
  common.set_revision(revision);
  for (const store::BulkDecision& bulk : *running) {
    auto message = ToMessage(**reader, bulk);
    if (!message) return tl::unexpected(message.error());
    *common.add_bulk() = std::move(*message);
  }
  return common;
}

void AddChanges(MethodTable& table, const Desk& desk) {
  table.AddStream<FollowRequest, FollowResponse>(
      "sekisho.v1.Changes.Follow",
      [changes = std::make_shared<Changes>(desk)](const Call& call, const FollowRequest&) {
        return changes->Follow(call);
      });
}

}  // namespace agent::api
