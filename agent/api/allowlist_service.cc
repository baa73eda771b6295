#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/allowlist_effects.h"
#include "agent/api/allowlist_search.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "agent/own_allowlist.h"
#include "agent/refusals.h"
#include "proto/convert.h"
#include "sekisho/v1/allowlist.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::AddAllowEntryRequest;
using sekisho::v1::AllowEntryResponse;
using sekisho::v1::ListAllowlistsRequest;
using sekisho::v1::ListAllowlistsResponse;
using sekisho::v1::RemoveAllowEntryRequest;
using sekisho::v1::SearchAllowlistsRequest;
using sekisho::v1::SearchAllowlistsResponse;

constexpr std::size_t found_by_default = 100;
constexpr std::size_t found_max = 1000;
constexpr std::size_t query_size_max = 1000;
constexpr std::size_t owner_size_max = 200;

bool IsOwn(const policy::AllowSource& source) {
  return std::any_of(own_lists.begin(), own_lists.end(),
                     [&](const policy::AllowSource& own) { return own.name == source.name; });
}

sekisho::v1::AllowEntry ToMessage(const store::AllowEntry& entry) {
  sekisho::v1::AllowEntry message;
  message.set_id(entry.id);
  message.set_match(policy::TextOf(TargetOf(entry.entry)));
  message.set_subtree(entry.entry.subtree);
  message.set_effect(std::string(policy::Name(entry.effect)));
  message.set_owner(entry.entry.note->owner);
  message.set_reason(entry.entry.note->reason);
  if (const auto& expires = entry.entry.note->expires) {
    *message.mutable_expires() = proto::ToTimestamp(*expires);
  }
  message.set_added_by(entry.added_by);
  *message.mutable_added_at() = proto::ToTimestamp(entry.added_at);
  message.set_removal_asked_by(entry.asked_by);
  if (entry.asked_at) *message.mutable_removal_asked_at() = proto::ToTimestamp(*entry.asked_at);
  message.set_removal_reason(entry.asked_because);
  if (entry.ended_at) *message.mutable_ended_at() = proto::ToTimestamp(*entry.ended_at);
  message.set_ended_by(entry.ended_by);
  return message;
}

Result<std::vector<store::AllowEntry>> OpenEntries(const Desk& desk) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  return (*reader)->OpenAllowEntries();
}

Result<ListAllowlistsResponse> ListAllowlists(const Desk& desk) {
  const auto entries = OpenEntries(desk);
  if (!entries) return tl::unexpected(entries.error());
  const auto world = desk.engine.world();
  const auto sources = desk.feeds.Sources();
  ListAllowlistsResponse response;
  for (const World::List& list : world->lists) {
    const bool is_fetched = std::any_of(sources.begin(), sources.end(), [&](const auto& source) {
      return source.is_allowlist && source.name == list.source.name;
    });
    sekisho::v1::Allowlist& message = *response.add_allowlists();
    message.set_name(list.source.name);
    message.set_category(std::string(policy::Name(list.source.category)));
    message.set_effect(std::string(policy::Name(list.source.effect)));
    message.set_entries(list.content ? list.content->entries.size() : 0);
    message.set_origin(IsOwn(list.source) ? "people" : is_fetched ? "source" : "configuration");
    message.set_is_missing(!list.content);
  }
  for (const store::AllowEntry& entry : *entries) *response.add_entries() = ToMessage(entry);
  return response;
}

Result<SearchAllowlistsResponse> SearchAllowlists(const Desk& desk,
                                                  const SearchAllowlistsRequest& request) {
  if (request.query().empty() || request.query().size() > query_size_max) {
    return Fail(ErrorCode::malformed_input,
                "name an indicator, or a part of an entry, its owner or its reason");
  }
  return Search(*desk.engine.world(), request.query(),
                PageLimit(request.limit(), found_by_default, found_max));
}

// Goes into sentences that people read, a line each.
Result<void> CheckOwner(const std::string& owner) {
  const bool is_one_line = std::none_of(
      owner.begin(), owner.end(), [](unsigned char each) { return each < 0x20 || each == 0x7f; });
  if (is_one_line && owner.size() <= owner_size_max &&
      owner.find_first_not_of(' ') != std::string::npos) {
    return {};
  }
  return Fail(ErrorCode::malformed_input, "an owner is required, in one line of at most " +
                                              std::to_string(owner_size_max) +
                                              " bytes: whom to ask about the entry");
}

Result<policy::AllowEntry> EntryOf(const AddAllowEntryRequest& request, const World& world,
                                   policy::TimePoint now) {
  const auto target = TypedIndicator(request.match());
  if (!target) return tl::unexpected(target.error());
  if (auto checked = CheckOwner(request.owner()); !checked) return tl::unexpected(checked.error());
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  policy::AllowNote note{request.owner(), request.reason(), std::nullopt};
  if (request.has_expires()) {
    const auto expires = proto::FromTimestamp(request.expires());
    if (!expires) return tl::unexpected(expires.error());
    if (*expires <= now) return Fail(ErrorCode::malformed_input, "it would have expired already");
    note.expires = *expires;
  }
  auto entry = EntryFor(*target, !request.exact());
  if (!entry) return entry;
  entry->note = std::make_shared<const policy::AllowNote>(std::move(note));
  if (auto checked = CheckEntry(*entry, *world.suffixes); !checked) {
    return tl::unexpected(checked.error());
  }
  return entry;
}

Result<policy::AllowEffect> EffectOf(const std::string& name) {
  const auto effect = policy::ParseAllowEffect(name);
  if (effect && *effect != policy::AllowEffect::url_only) return effect;
  return Fail(ErrorCode::malformed_input, "the effect is \"never\" or \"review\"");
}

sekisho::v1::AllowlistEffects ToMessage(const AllowlistEffects& effects) {
  sekisho::v1::AllowlistEffects message;
  const auto fill = [](const AllowlistEffects::Some& some, auto* first) {
    for (const policy::Indicator& each : some.first) first->Add(policy::TextOf(each));
    return some.total;
  };
  message.set_leaving_total(fill(effects.leaving, message.mutable_leaving()));
  message.set_withdrawn_total(fill(effects.withdrawn, message.mutable_withdrawn()));
  message.set_needing_two_total(fill(effects.needing_two, message.mutable_needing_two()));
  message.set_proposed_total(fill(effects.proposed, message.mutable_proposed()));
  return message;
}

// Adds and removes. What either would do takes a second or two of a large agent: one at a time.
class Editor {
 public:
  explicit Editor(const Desk& desk) : desk_(desk) {}

  Result<AllowEntryResponse> Add(const Caller& caller, const AddAllowEntryRequest& request) {
    const auto world = desk_.engine.world();
    auto entry = EntryOf(request, *world, desk_.clock.Now());
    if (!entry) return tl::unexpected(entry.error());
    const auto effect = EffectOf(request.effect());
    if (!effect) return tl::unexpected(effect.error());
    store::AllowEntry wanted{.entry = *std::move(entry), .effect = *effect};
    wanted.added_by = caller.name;
    wanted.added_at = desk_.clock.Now();
    if (!request.dry_run()) return Answer(desk_.engine.AddAllowEntry(wanted));
    auto entries = OpenEntries(desk_);
    if (!entries) return tl::unexpected(entries.error());
    entries->push_back(wanted);
    return Preview(*world, wanted, *entries);
  }

  Result<AllowEntryResponse> Remove(const Caller& caller, const RemoveAllowEntryRequest& request) {
    if (!request.dry_run()) {
      if (auto checked = CheckReason(request.reason()); !checked) {
        return tl::unexpected(checked.error());
      }
      return Answer(desk_.engine.RemoveAllowEntry(request.id(), caller.name, request.reason()));
    }
    auto entries = OpenEntries(desk_);
    if (!entries) return tl::unexpected(entries.error());
    const auto found =
        std::find_if(entries->begin(), entries->end(),
                     [&](const store::AllowEntry& each) { return each.id == request.id(); });
    if (found == entries->end()) {
      return Fail(ErrorCode::not_found, "there is no allowlist entry " +
                                            std::to_string(request.id()) + ", or it has ended");
    }
    const store::AllowEntry unwanted = *found;
    entries->erase(found);
    return Preview(*desk_.engine.world(), unwanted, *entries);
  }

 private:
  static Result<AllowEntryResponse> Answer(const Result<store::AllowEntry>& entry) {
    if (!entry) return tl::unexpected(entry.error());
    AllowEntryResponse response;
    *response.mutable_entry() = ToMessage(*entry);
    return response;
  }

  Result<AllowEntryResponse> Preview(const World& world, const store::AllowEntry& changed,
                                     const std::vector<store::AllowEntry>& then) {
    const std::unique_lock lock(running_, std::try_to_lock);
    if (!lock) return Fail(ErrorCode::exhausted, "another simulation runs; try again soon");
    auto reader = desk_.store.Read();
    if (!reader) return tl::unexpected(reader.error());
    const auto now = desk_.clock.Now();
    const auto rejected = StandingRejections(**reader, now);
    if (!rejected) return tl::unexpected(rejected.error());
    const World other =
        WithAllowlist(world, OwnListOf(changed.effect).name, ContentOf(then, changed.effect));
    const auto effects = EffectsOf(world, other, changed.entry, **reader, *rejected, now);
    if (!effects) return tl::unexpected(effects.error());
    AllowEntryResponse response;
    *response.mutable_entry() = ToMessage(changed);
    *response.mutable_effects() = ToMessage(*effects);
    return response;
  }

  const Desk& desk_;
  std::mutex running_;
};

}  // namespace

void AddAllowlists(MethodTable& table, const Desk& desk) {
  table.Add<ListAllowlistsRequest, ListAllowlistsResponse>(
      "sekisho.v1.Allowlists.ListAllowlists",
      [&desk](const Caller&, const ListAllowlistsRequest&) { return ListAllowlists(desk); });
  table.Add<SearchAllowlistsRequest, SearchAllowlistsResponse>(
      "sekisho.v1.Allowlists.SearchAllowlists",
      [&desk](const Caller&, const auto& request) { return SearchAllowlists(desk, request); });
  const auto editor = std::make_shared<Editor>(desk);
  table.Add<AddAllowEntryRequest, AllowEntryResponse>(
      "sekisho.v1.Allowlists.AddAllowEntry",
      [editor](const Caller& caller, const auto& request) { return editor->Add(caller, request); });
  table.Add<RemoveAllowEntryRequest, AllowEntryResponse>(
      "sekisho.v1.Allowlists.RemoveAllowEntry",
      [editor](const Caller& caller, const auto& request) {
        return editor->Remove(caller, request);
      });
}

}  // namespace agent::api
