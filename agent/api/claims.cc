#include "agent/api/claims.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

// What was claimed so lately is not claimed anew: nobody need be told.
constexpr std::chrono::minutes renewed_after{1};

}  // namespace

Result<std::vector<Claims::Claim>> Claims::Set(const std::string& name,
                                               const std::vector<std::int64_t>& ids,
                                               TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  std::vector<Claim> others;
  std::set<std::int64_t> wanted;
  for (const std::int64_t id : ids) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end() || entry->second.name == name) {
      wanted.insert(id);
    } else {
      others.push_back({id, entry->second.name, entry->second.until});
    }
  }
  const auto mine = of_person_.find(name);
  const std::set<std::int64_t> old =
      mine == of_person_.end() ? std::set<std::int64_t>() : mine->second;
  if (entries_.size() - old.size() + wanted.size() > limits_.of_all) {
    return Fail(ErrorCode::exhausted, "too many proposals are claimed; try again later");
  }
  for (const std::int64_t id : old) {
    if (!wanted.contains(id)) End(entries_.find(id));
  }
  for (const std::int64_t id : wanted) Put(name, id, now);
  return others;
}

void Claims::Release(const std::string& name, const std::vector<std::int64_t>& ids, TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  for (const std::int64_t id : ids) {
    const auto entry = entries_.find(id);
    if (entry != entries_.end() && entry->second.name == name) End(entry);
  }
}

void Claims::ReleaseAll(const std::string& name, TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  const auto person = of_person_.find(name);
  if (person == of_person_.end()) return;
  for (const std::int64_t id : std::set(person->second)) End(entries_.find(id));
}

std::optional<Claims::Claim> Claims::Find(std::int64_t id, TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return std::nullopt;
  return Claim{id, entry->second.name, entry->second.until};
}

std::vector<Claims::Claim> Claims::All(TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  std::vector<Claim> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back({id, entry.name, entry.until});
  return all;
}

std::uint64_t Claims::version(TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  return version_;
}

sekisho::v1::ClaimChanges Claims::Since(std::uint64_t version, const std::string& reader,
                                        TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  sekisho::v1::ClaimChanges changes;
  changes.set_version(version_);
  changes.set_is_all(version < forgotten_ || version > version_);
  const auto after = [&](const auto& by_version) {
    return changes.is_all() ? by_version.begin() : by_version.upper_bound(version);
  };
  for (auto it = after(set_); it != set_.end(); ++it) {
    const Entry& entry = entries_.at(it->second);
    if (entry.name != reader) {
      *changes.add_claims() = ToMessage({it->second, entry.name, entry.until});
    } else if (!changes.is_all()) {
      changes.add_ended(it->second);
    }
  }
  if (changes.is_all()) return changes;
  for (auto it = after(ended_); it != ended_.end(); ++it) {
    if (!entries_.contains(it->second)) changes.add_ended(it->second);
  }
  return changes;
}

void Claims::Forget(TimePoint now) {
  // By the time, so that who asks an agent that was restarted meanwhile is told all.
  if (version_ == 0) {
    const auto start =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    version_ = forgotten_ = static_cast<std::uint64_t>(std::max<std::int64_t>(start, 1));
  }
  while (!set_.empty()) {
    const auto oldest = entries_.find(set_.begin()->second);
    if (now < oldest->second.until) return;
    End(oldest);
  }
}

void Claims::Put(const std::string& name, std::int64_t id, TimePoint now) {
  const auto until = now + claim_lifetime;
  const auto [entry, is_new] = entries_.try_emplace(id);
  if (!is_new) {
    if (until - entry->second.until < renewed_after) return;
    set_.erase(entry->second.version);
  }
  entry->second = {name, until, ++version_};
  set_.emplace(version_, id);
  of_person_[name].insert(id);
}

void Claims::End(Entries::iterator entry) {
  const auto& [id, old] = *entry;
  set_.erase(old.version);
  ended_.emplace(++version_, id);
  if (ended_.size() > limits_.ended_known) {
    forgotten_ = ended_.begin()->first;
    ended_.erase(ended_.begin());
  }
  const auto person = of_person_.find(old.name);
  person->second.erase(id);
  if (person->second.empty()) of_person_.erase(person);
  entries_.erase(entry);
}

sekisho::v1::Claim ToMessage(const Claims::Claim& claim) {
  sekisho::v1::Claim message;
  message.set_id(claim.id);
  message.set_name(claim.name);
  *message.mutable_until() = proto::ToTimestamp(claim.until);
  return message;
}

}  // namespace agent::api
