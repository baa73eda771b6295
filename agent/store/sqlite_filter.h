#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// A part of a WHERE clause and the values of its "?", in order. Values are never in the text.
struct Filter {
  std::string sql;  // each condition starts with " AND "
  std::vector<Value> values;
};

// The hosts that `within` asks for.
struct Where {
  std::string from;        // empty: anywhere
  std::string to;          // excluded
  std::string length_min;  // of a prefix, as at the end of its key; else empty
};
Where WhereOf(const ProposalQuery& query);

// What a proposal's row has to fulfil besides its state. Looks into `query` and `where`, which have
// to outlive it. `where` is WhereOf(query).
Filter FilterOf(const ProposalQuery& query, const Where& where);

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
