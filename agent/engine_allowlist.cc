// People's own entries of the allowlist: one person adds, two remove.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/allowlist_audit.h"
#include "agent/engine_core.h"
#include "agent/own_allowlist.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;
using store::AllowEntry;
using store::Transaction;
using Json = nlohmann::ordered_json;

// More belongs into a file of one's own, which is under change control.
constexpr std::size_t entries_max = 2'000;

// The earlier entry that makes this one needless: it says the same, and for as long.
const AllowEntry* SameAs(const AllowEntry& added, const std::vector<AllowEntry>& entries) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const AllowEntry& known) {
    const auto& lasts = known.entry.note->expires;
    const auto& wanted = added.entry.note->expires;
    return known.entry.what == added.entry.what && known.effect == added.effect &&
           (known.entry.subtree || !added.entry.subtree) &&
           (!lasts || (wanted && *lasts >= *wanted));
  });
  return found == entries.end() ? nullptr : &*found;
}

Json DescribeChange(const std::vector<AllowEntry>& before, const std::vector<AllowEntry>& after,
                    const AllowEntry& entry) {
  const auto old_content = ContentOf(before, entry.effect);
  const std::string change =
      DescribeAllowlistChange(&old_content, ContentOf(after, entry.effect), {});
  return change.empty() ? Json::object() : Json::parse(change);
}

history::Act Changed(const std::string& person, const AllowEntry& entry, Json change) {
  Json detail{{"effect", policy::Name(entry.effect)}, {"entry", entry.id}};
  detail.update(change);
  const bool is_asked = entry.asked_at && !entry.ended_at;
  return {person, is_asked ? "allowlist.ask-removal" : "allowlist.change",
          policy::LineOf(TargetOf(entry.entry)),
          detail.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

void EngineCore::SetOwnEntries(const std::vector<AllowEntry>& entries) {
  for (const policy::AllowSource& list : own_lists) {
    sources_.SetOwn(list.name, ContentOf(entries, list.effect));
  }
  assess_wanted_ = true;
}

Result<AllowEntry> EngineCore::AddAllowEntry(AllowEntry entry) {
  std::vector<AllowEntry> entries;
  auto added = Commit<AllowEntry>("", [&](Transaction& transaction) -> Result<AllowEntry> {
    auto before = transaction.OpenAllowEntries();
    if (!before) return tl::unexpected(before.error());
    if (const AllowEntry* known = SameAs(entry, *before)) {
      return Fail(ErrorCode::conflict, "entry " + std::to_string(known->id) + " by " +
                                           known->added_by + " says so already, for as long");
    }
    if (before->size() >= entries_max) {
      return Fail(ErrorCode::exhausted,
                  "there are " + std::to_string(entries_max) +
                      " entries already; keep so many in a list of your own (own-assets)");
    }
    entry.added_at = clock_.Now();
    auto id = transaction.PutAllowEntry(entry);
    if (!id) return tl::unexpected(id.error());
    entry.id = *id;
    entries = *before;
    entries.push_back(entry);
    auto recorded =
        history_.Append(transaction, entry.added_at,
                        Changed(entry.added_by, entry, DescribeChange(*before, entries, entry)));
    if (!recorded) return tl::unexpected(recorded.error());
    return entry;
  });
  if (!added) return added;
  SetOwnEntries(entries);
  SetWorld(sources_.Build(world()));  // the next vote heeds it, assessed anew or not
  return added;
}

Result<AllowEntry> EngineCore::RemoveAllowEntry(std::int64_t id, const std::string& person,
                                                const std::string& reason) {
  std::vector<AllowEntry> entries;
  auto changed = Commit<AllowEntry>("", [&](Transaction& transaction) -> Result<AllowEntry> {
    auto before = transaction.OpenAllowEntries();
    if (!before) return tl::unexpected(before.error());
    entries = *before;
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const AllowEntry& each) { return each.id == id; });
    if (found == entries.end()) {
      return Fail(ErrorCode::not_found,
                  "there is no allowlist entry " + std::to_string(id) + ", or it has ended");
    }
    AllowEntry entry = *found;
    Json detail;
    if (!IsRemovalAsked(entry)) {
      entry.asked_by = person;
      entry.asked_at = clock_.Now();
      entry.asked_because = reason;
      *found = entry;
    } else if (entry.asked_by == person) {
      return Fail(ErrorCode::not_allowed,
                  "you asked for its removal already; another person has to want it, too");
    } else {
      entry.ended_at = clock_.Now();
      entry.ended_by = person;
      entries.erase(found);
      detail = DescribeChange(*before, entries, entry);
      detail["asked_by"] = entry.asked_by;
    }
    detail["reason"] = reason;
    if (auto put = transaction.PutAllowEntry(entry); !put) return tl::unexpected(put.error());
    auto recorded =
        history_.Append(transaction, clock_.Now(), Changed(person, entry, std::move(detail)));
    if (!recorded) return tl::unexpected(recorded.error());
    return entry;
  });
  if (changed && changed->ended_at) SetOwnEntries(entries);
  return changed;
}

bool EngineCore::IsRemovalAsked(const AllowEntry& entry) const {
  return entry.asked_at && clock_.Now() < *entry.asked_at + settings_.queue.approval_lifetime;
}

Result<void> EngineCore::EndExpiredEntries(Transaction& transaction, TimePoint now) {
  auto entries = transaction.OpenAllowEntries();
  if (!entries) return tl::unexpected(entries.error());
  for (AllowEntry& entry : *entries) {
    if (!policy::IsExpired(entry.entry, now)) continue;
    entry.ended_at = now;
    entry.ended_by = "agent";
    if (auto put = transaction.PutAllowEntry(entry); !put) return tl::unexpected(put.error());
  }
  return {};
}

}  // namespace agent
