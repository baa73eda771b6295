#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/id_set.h"
#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// A part of a WHERE clause and the values of its "?", in order. Values are never in the text.
struct Filter {
  std::string sql;  // each condition starts with " AND "
  std::vector<Value> values;
};

// Ids of the proposals, in whatever state, whose target is what `query` says: its text, where it
// lies, which it is, who uses it. None if it says nothing of it. Found in the indexes of texts and
// hosts, so that no row has to be looked at.
Result<std::optional<IdSet>> IdsOf(Connection& connection, const ProposalQuery& query);

// The first column of all rows.
Result<IdSet> CollectIds(Query query);

// What a proposal's row has to fulfil besides its state. `ids` is IdsOf(query). Looks into both,
// which have to outlive it.
Filter FilterOf(const ProposalQuery& query, const std::optional<IdSet>& ids);

// Whether it asks for what many proposals share.
bool HasTraits(const ProposalQuery& query);

// Whether state, kind and trait alone decide, so that counters can answer.
bool IsCounted(const ProposalQuery& query);

// The form of proposal.host, which sorts what is inside something next to it: "example.com" as
// "com.example.", 192.0.2.0/24 as "4:c0000200/024". Empty for what has no host.
std::string HostKey(std::string_view name);
std::string HostKey(const policy::IpPrefix& prefix);
std::string HostKeyOf(const policy::Indicator& target);

// All states, if the query names none; each once.
std::vector<ProposalState> StatesOf(const ProposalQuery& query);

}  // namespace agent::store
