#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/notify/channel.h"
#include "agent/notify/conditions.h"
#include "agent/notify/event.h"
#include "agent/notify/schedule.h"
#include "agent/store/store.h"
#include "platform/clock.h"
#include "policy/result.h"

namespace agent::notify {

struct ChannelSettings {
  std::string name;
  Schedule schedule;
  std::set<std::string, std::less<>> kinds;  // that it is told of; empty: all
  std::unique_ptr<Channel> channel;
};

// Tells people what the history says, and what things are like.
//
// The history is where events come from, so that an act and the event of it are one transaction;
// the outbox in the store holds what was taken from there and isn't delivered yet. A crash at any
// point loses nothing: at worst something is told twice, under the same id.
class Notifier {
 public:
  // Runs a change in one transaction on the store's one writer, and returns once it is on disk.
  using Change = std::function<policy::Result<void>(store::Transaction&)>;
  using Writer = std::function<policy::Result<void>(const Change&)>;

  struct Surroundings {
    store::Store& store;
    Writer write;
    const platform::Clock& clock;
    std::string installation;  // in ids of messages, so that no two of us share one
    std::vector<std::string> devices;
    std::function<std::vector<std::string>()> connected;  // names of devices with a stream now
    std::chrono::seconds vote_lifetime;
    std::function<std::vector<Certificate>()> certificates;  // that the agent shows
  };
  Notifier(std::vector<ChannelSettings> channels, Bounds bounds, Surroundings surroundings);

  // Takes what is new into the outbox. A first start tells nothing of the past. For one thread.
  policy::Result<void> Collect();
  // Sends what is ready for that channel, one message at a time; waits for its other side. Failures
  // are logged, kept with what failed, and tried again later and later, for three days. Several
  // threads may deliver, each to its own channel.
  policy::Result<void> Deliver(std::size_t channel, const std::stop_token& stop = {});

  std::vector<std::string> ChannelNames() const;

  // Puts a test into that channel's outbox. `not_found` without such a channel.
  policy::Result<void> Test(const std::string& channel, const std::string& person);

 private:
  policy::Result<void> TakeHistory();
  policy::Result<void> TakeConditions();
  policy::Result<Facts> ReadFacts(store::Reader& reader, TimePoint now);
  policy::Result<void> ReadEnds(store::Reader& reader, TimePoint now, Facts& facts) const;
  policy::Result<void> ReadVotes(store::Reader& reader, TimePoint now);
  policy::Result<void> Put(store::Transaction& transaction, const std::vector<Event>& events);
  policy::Result<bool> DeliverOne(const ChannelSettings& channel, const std::stop_token& stop);
  policy::Result<void> Write(const std::vector<store::Notification>& batch) const;
  std::string IdOf(const ChannelSettings& channel, std::int64_t batch) const;

  const std::vector<ChannelSettings> channels_;
  const Bounds bounds_;
  const Surroundings surroundings_;
  // Collect's own.
  std::optional<std::uint64_t> next_leaf_;
  std::optional<std::uint64_t> last_approval_;
  store::WaitingVotes votes_;  // as read last: when, and after which approval
  std::optional<TimePoint> votes_read_at_;
  std::optional<std::uint64_t> votes_as_of_;
  std::uint64_t votes_told_ = 0;
  std::optional<TimePoint> conditions_at_;
  std::map<std::string, TimePoint> offline_;
};

}  // namespace agent::notify
