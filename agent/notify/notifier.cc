#include "agent/notify/notifier.h"

#include <algorithm>
#include <utility>

#include "agent/history/entry.h"
#include "platform/log.h"
#include "policy/digest.h"

namespace agent::notify {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using store::Notification;
using store::NotificationState;

constexpr std::size_t leaves_at_once = 1000;
constexpr std::size_t batch_max = 200;
constexpr std::size_t waiting_max = 5000;  // of a channel that takes nothing; then only the urgent
constexpr std::size_t read_max = 2 * waiting_max;
constexpr std::chrono::seconds conditions_every = std::chrono::minutes(1);
constexpr std::chrono::seconds give_up_after = std::chrono::hours(72);
// Longer than any condition holds that is told once.
constexpr std::chrono::seconds done_kept = ends_ahead.back() + std::chrono::days(1);
// Votes are many, and mostly of what is decided.
constexpr std::chrono::seconds votes_every = std::chrono::hours(1);

Notification RowOf(const Event& event, const std::string& channel) {
  Notification row;
  row.channel = channel;
  row.key = event.key;
  row.event = std::string(event.kind->name);
  row.is_urgent = event.kind->is_urgent;
  row.at = event.at;
  row.content = ContentOf(event);
  row.due_at = event.at;
  return row;
}

Result<Event> EventIn(const Notification& row) {
  auto event = ParseContent(row.content);
  if (!event) return event;
  event->kind = FindKind(row.event);
  if (event->kind == nullptr) {
    return Fail(ErrorCode::corrupt, "the outbox holds an event of an unknown kind: " + row.event);
  }
  event->key = row.key;
  event->at = row.at;
  return event;
}

void GiveUp(Notification& row, const std::string& error, TimePoint now) {
  row.attempts = std::max<std::int64_t>(row.attempts, 1);
  row.state = NotificationState::failed;
  row.error = error;
  row.done_at = now;
}

// Those that can't be read are given up.
std::vector<Event> TakeEvents(std::vector<Notification>& batch, TimePoint now) {
  std::vector<Event> events;
  for (Notification& row : batch) {
    auto event = EventIn(row);
    if (event) {
      events.push_back(*std::move(event));
    } else {
      GiveUp(row, event.error().detail, now);
    }
  }
  return events;
}

void Conclude(std::vector<Notification>& batch, const Result<void>& sent, TimePoint now) {
  const bool is_hopeless = !sent && batch.front().at + give_up_after <= now;
  for (Notification& row : batch) {
    if (row.state != NotificationState::waiting) continue;
    ++row.attempts;
    row.due_at = now + RetryDelay(row.attempts);
    row.error = sent ? "" : sent.error().detail;
    if (sent) {
      row.state = NotificationState::delivered;
      row.done_at = now;
    } else if (is_hopeless) {
      GiveUp(row, row.error, now);
    }
  }
}

// The oldest batch that was begun and is due, else one of what is ready; none if nothing is.
std::vector<Notification> NextBatch(std::vector<Notification> rows, const Schedule& schedule,
                                    TimePoint now) {
  const auto is_begun = [](const Notification& row) { return row.batch != 0; };
  const auto due = std::find_if(rows.begin(), rows.end(), [&](const Notification& row) {
    return is_begun(row) && row.due_at <= now;
  });
  if (due != rows.end()) {
    std::erase_if(rows, [batch = due->batch](const auto& row) { return row.batch != batch; });
    return rows;
  }
  // While a channel takes nothing, only what is urgent tries it in between.
  const bool is_failing = std::any_of(rows.begin(), rows.end(), is_begun);
  std::erase_if(rows, [&](const Notification& row) {
    return is_begun(row) || (is_failing && !row.is_urgent);
  });
  std::vector<Waiting> waiting;
  for (const Notification& row : rows) waiting.push_back({row.at, row.is_urgent});
  std::vector<Notification> batch;
  auto ready = Ready(schedule, waiting, now);
  std::stable_partition(ready.begin(), ready.end(),
                        [&](std::size_t i) { return waiting[i].is_urgent; });
  for (const std::size_t i : ready) {
    if (batch.size() == batch_max) break;
    batch.push_back(std::move(rows[i]));
    batch.back().batch = batch.front().id;
  }
  return batch;
}

}  // namespace

Notifier::Notifier(std::vector<ChannelSettings> channels, Bounds bounds, Surroundings surroundings)
    : channels_(std::move(channels)), bounds_(bounds), surroundings_(std::move(surroundings)) {}

std::vector<std::string> Notifier::ChannelNames() const {
  std::vector<std::string> names;
  for (const ChannelSettings& each : channels_) names.push_back(each.name);
  return names;
}

Result<void> Notifier::Collect() {
  if (auto taken = TakeHistory(); !taken) return taken;
  const auto now = surroundings_.clock.Now();
  // A clock that went back asks anew, too.
  if (conditions_at_ && now >= *conditions_at_ && now < *conditions_at_ + conditions_every) {
    return {};
  }
  conditions_at_ = now;
  return TakeConditions();
}

Result<void> Notifier::TakeHistory() {
  for (bool is_whole = false; !is_whole;) {
    auto reader = surroundings_.store.Read();
    if (!reader) return tl::unexpected(reader.error());
    if (!next_leaf_) {
      const auto kept = (*reader)->NotifiedUpTo();
      if (!kept) return tl::unexpected(kept.error());
      const auto all = (*reader)->LeafCount();
      if (!all) return tl::unexpected(all.error());
      next_leaf_ = kept->value_or(*all);
      if (!*kept) {
        return surroundings_.write(
            [&](store::Transaction& transaction) { return transaction.SetNotifiedUpTo(*all); });
      }
    }
    const auto leaves = (*reader)->Leaves(*next_leaf_, leaves_at_once);
    if (!leaves) return tl::unexpected(leaves.error());
    reader->reset();
    is_whole = leaves->size() < leaves_at_once;
    if (leaves->empty()) return {};
    std::vector<Event> events;
    for (const store::LeafRow& leaf : *leaves) {
      const auto entry = history::ParseLeaf(leaf.leaf);
      if (!entry) continue;
      if (entry->action == "approve") last_approval_ = entry->index;
      // After a long time without channels, the past is no news.
      const bool is_news = entry->at + give_up_after > surroundings_.clock.Now();
      auto event = is_news ? EventOf(*entry) : std::nullopt;
      if (event) events.push_back(std::move(*event));
    }
    const std::uint64_t next = leaves->back().index + 1;
    // Reading on from further back costs little, a write for each quiet second much.
    if (!events.empty() || leaves->size() == leaves_at_once) {
      auto written = surroundings_.write([&](store::Transaction& transaction) -> Result<void> {
        if (auto put = Put(transaction, events); !put) return put;
        return transaction.SetNotifiedUpTo(next);
      });
      if (!written) return written;
    }
    next_leaf_ = next;
  }
  return {};
}

Result<Facts> Notifier::ReadFacts(store::Reader& reader, TimePoint now) {
  Facts facts;
  facts.vote_lifetime = surroundings_.vote_lifetime;
  store::ProposalQuery old;
  old.states = {store::ProposalState::pending};
  old.proposed_to = now - bounds_.queue_age;
  const auto count = reader.CountProposals(old);
  if (!count) return tl::unexpected(count.error());
  facts.old_proposals = *count;
  if (auto read = ReadVotes(reader, now); !read) return tl::unexpected(read.error());
  facts.votes = votes_;
  auto emergencies = reader.OpenEmergencies();
  if (!emergencies) return tl::unexpected(emergencies.error());
  facts.emergencies = *std::move(emergencies);
  if (auto read = ReadEnds(reader, now, facts); !read) return tl::unexpected(read.error());
  const auto connected = surroundings_.connected();
  for (const std::string& device : surroundings_.devices) {
    if (std::find(connected.begin(), connected.end(), device) == connected.end()) {
      offline_.try_emplace(device, now);
    } else {
      offline_.erase(device);
    }
  }
  facts.offline = offline_;
  // A vote that settled something is no news of what waits.
  if (votes_.proposals > votes_told_) facts.last_approval = last_approval_;
  votes_told_ = votes_.proposals;
  return facts;
}

// What ends by itself unless somebody renews it.
Result<void> Notifier::ReadEnds(store::Reader& reader, TimePoint now, Facts& facts) const {
  facts.certificates = surroundings_.certificates();
  const auto statuses = reader.DeviceStatuses();
  if (!statuses) return tl::unexpected(statuses.error());
  for (const store::DeviceStatus& status : *statuses) {
    const auto& devices = surroundings_.devices;
    const bool is_device =
        std::find(devices.begin(), devices.end(), status.device) != devices.end();
    if (!is_device || !status.certificate_expires) continue;
    // One of an unknown beginning counts as long-lived.
    facts.device_certificates.push_back(
        {status.device,
         {status.certificate_from.value_or(TimePoint()), *status.certificate_expires}});
  }
  auto standing = reader.OpenStandingApprovals();
  if (!standing) return tl::unexpected(standing.error());
  std::erase_if(*standing,
                [](const auto& each) { return each.state != store::StandingState::active; });
  facts.standing = *std::move(standing);
  auto tokens = reader.ApiTokens();
  if (!tokens) return tl::unexpected(tokens.error());
  std::erase_if(*tokens, [&](const auto& each) { return each.revoked || each.expires <= now; });
  facts.tokens = *std::move(tokens);
  return {};
}

Result<void> Notifier::ReadVotes(store::Reader& reader, TimePoint now) {
  const bool is_known = votes_read_at_ && votes_as_of_ == last_approval_ &&
                        now < *votes_read_at_ + votes_every && now >= *votes_read_at_;
  if (is_known) return {};
  const auto votes = reader.VotesThatWait();
  if (!votes) return tl::unexpected(votes.error());
  votes_ = *votes;
  votes_as_of_ = last_approval_;
  votes_read_at_ = now;
  return {};
}

Result<void> Notifier::TakeConditions() {
  const auto now = surroundings_.clock.Now();
  auto reader = surroundings_.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto facts = ReadFacts(**reader, now);
  if (!facts) return tl::unexpected(facts.error());
  reader->reset();
  const auto events = EventsOf(*facts, bounds_, now);
  return surroundings_.write([&](store::Transaction& transaction) -> Result<void> {
    if (auto put = Put(transaction, events); !put) return put;
    return transaction.ForgetNotifications(now - done_kept);
  });
}

Result<void> Notifier::Put(store::Transaction& transaction, const std::vector<Event>& events) {
  for (const ChannelSettings& channel : channels_) {
    const auto waiting = transaction.WaitingNotifications(channel.name, waiting_max);
    if (!waiting) return tl::unexpected(waiting.error());
    std::size_t room = waiting_max - waiting->size();
    std::size_t dropped = 0;
    for (const Event& event : events) {
      if (!channel.kinds.empty() && !channel.kinds.contains(event.kind->name)) continue;
      if (room == 0 && !event.kind->is_urgent) {
        ++dropped;
        continue;
      }
      const auto added = transaction.AddNotification(RowOf(event, channel.name));
      if (!added) return tl::unexpected(added.error());
      if (*added && room > 0) --room;
    }
    if (dropped > 0) {
      platform::Warn("notifications: {} takes nothing, so that {} events are dropped", channel.name,
                     dropped);
    }
  }
  return {};
}

Result<void> Notifier::Deliver(std::size_t channel, const std::stop_token& stop) {
  while (true) {
    const auto delivered = DeliverOne(channels_.at(channel), stop);
    if (!delivered) return tl::unexpected(delivered.error());
    if (!*delivered) return {};
  }
}

// The receiver of a repetition knows it by its id.
std::string Notifier::IdOf(const ChannelSettings& channel, std::int64_t batch) const {
  const auto digest = policy::Sha256Of(surroundings_.installation + '\n' + channel.name + '\n' +
                                       std::to_string(batch));
  return "msg_" + policy::ToHex(digest).substr(0, 32);
}

Result<void> Notifier::Write(const std::vector<Notification>& batch) const {
  return surroundings_.write([&](store::Transaction& transaction) -> Result<void> {
    for (const Notification& row : batch) {
      if (auto put = transaction.PutNotification(row); !put) return put;
    }
    return {};
  });
}

// False if nothing is ready, or nothing gets through.
Result<bool> Notifier::DeliverOne(const ChannelSettings& channel, const std::stop_token& stop) {
  const auto now = surroundings_.clock.Now();
  auto reader = surroundings_.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto rows = (*reader)->WaitingNotifications(channel.name, read_max);
  if (!rows) return tl::unexpected(rows.error());
  reader->reset();
  auto batch = NextBatch(*std::move(rows), channel.schedule, now);
  if (batch.empty()) return false;
  // What belongs together is on disk before it goes out.
  if (batch.front().attempts == 0) {
    if (auto written = Write(batch); !written) return tl::unexpected(written.error());
  }
  const Batch out{IdOf(channel, batch.front().batch), now, TakeEvents(batch, now)};
  const auto sent = out.events.empty() ? Result<void>() : channel.channel->Send(out, stop);
  // What was cut short by us is no failure of theirs.
  if (stop.stop_requested()) return false;
  if (!sent) {
    platform::Warn("notifications: {} did not take {} of {} events: {}", channel.name, out.id,
                   batch.size(), sent.error().detail);
  }
  Conclude(batch, sent, now);
  if (auto written = Write(batch); !written) return tl::unexpected(written.error());
  return sent.has_value();
}

Result<void> Notifier::Test(const std::string& channel, const std::string& person) {
  const bool is_known = std::any_of(channels_.begin(), channels_.end(),
                                    [&](const auto& each) { return each.name == channel; });
  if (!is_known) return Fail(ErrorCode::not_found, "there is no channel " + channel);
  const auto now = surroundings_.clock.Now();
  Event event{FindKind("test"), "test " + policy::FormatTime(now), now, "", person, "", 1};
  return surroundings_.write([&](store::Transaction& transaction) -> Result<void> {
    const auto added = transaction.AddNotification(RowOf(event, channel));
    if (!added) return tl::unexpected(added.error());
    return {};
  });
}

}  // namespace agent::notify
