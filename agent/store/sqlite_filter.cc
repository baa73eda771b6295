#include "agent/store/sqlite_filter.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

void AddTraits(const ProposalQuery& query, Filter& filter) {
  if (query.feed.empty() && query.threat.empty() && query.malware.empty() && query.reason.empty()) {
    return;
  }
  filter.sql += " AND trait IN (SELECT trait.id FROM trait WHERE 1";
  if (!query.feed.empty()) {
    filter.sql += " AND instr(feeds, ',' || ? || ',') > 0";
    filter.values.emplace_back(std::string_view(query.feed));
  }
  if (!query.threat.empty()) {
    filter.sql += " AND threat = ? COLLATE NOCASE";
    filter.values.emplace_back(std::string_view(query.threat));
  }
  if (!query.malware.empty()) {
    filter.sql += " AND malware = ? COLLATE NOCASE";
    filter.values.emplace_back(std::string_view(query.malware));
  }
  if (!query.reason.empty()) {
    filter.sql += " AND instr(trait.reasons, ',' || ? || ',') > 0";
    filter.values.emplace_back(std::string_view(query.reason));
  }
  filter.sql += ")";
}

void AddText(const ProposalQuery& query, std::string_view host, Filter& filter) {
  if (!query.text.empty()) {
    filter.sql +=
        " AND id IN (SELECT id FROM proposal INDEXED BY proposal_target"
        " WHERE kind IN (0,1,2,3) AND has_text(text, ?))";
    filter.values.emplace_back(std::string_view(query.text));
  }
  if (!query.within.empty()) {
    // "/" follows "." in ASCII: the range of all that starts with the key.
    filter.sql +=
        " AND id IN (SELECT id FROM proposal INDEXED BY proposal_host"
        " WHERE host >= ? AND host < rtrim(?, '.') || '/')";
    filter.values.emplace_back(host);
    filter.values.emplace_back(host);
  }
}

}  // namespace

Filter FilterOf(const ProposalQuery& query, std::string_view host) {
  Filter filter;
  if (query.kind) {
    filter.sql += " AND kind = ?";
    filter.values.emplace_back(EnumColumn(*query.kind));
  }
  if (query.confidence_min) {
    filter.sql += " AND confidence >= ?";
    filter.values.emplace_back(std::int64_t{*query.confidence_min});
  }
  if (query.confidence_max) {
    filter.sql += " AND confidence <= ?";
    filter.values.emplace_back(std::int64_t{*query.confidence_max});
  }
  if (query.needs_two) {
    filter.sql += " AND needs_two = ?";
    filter.values.emplace_back(std::int64_t{*query.needs_two ? 1 : 0});
  }
  AddTraits(query, filter);
  AddText(query, host, filter);
  return filter;
}

bool IsCounted(const ProposalQuery& query) {
  return !query.confidence_min && !query.confidence_max && !query.needs_two && query.text.empty() &&
         query.within.empty() && query.reason.empty();
}

std::string HostKey(std::string_view name) {
  std::string key;
  while (!name.empty()) {
    const std::size_t dot = name.rfind('.');
    const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
    key += name.substr(start);
    key += '.';
    name = name.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return key;
}

std::vector<ProposalState> StatesOf(const ProposalQuery& query) {
  std::vector<ProposalState> states = query.states;
  if (states.empty()) {
    return {ProposalState::pending, ProposalState::approved, ProposalState::rejected,
            ProposalState::deferred, ProposalState::withdrawn};
  }
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  return states;
}

}  // namespace agent::store
