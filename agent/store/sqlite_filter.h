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

// What a proposal's row has to fulfil besides its state. Looks into `query` and `host`, which have
// to outlive it. `host` is HostKey(query.within).
Filter FilterOf(const ProposalQuery& query, std::string_view host);

// Whether state, kind and trait alone decide, so that counters can answer.
bool IsCounted(const ProposalQuery& query);

// "example.com" as "com.example.", the form of proposal.host.
std::string HostKey(std::string_view name);

// All states, if the query names none; each once.
std::vector<ProposalState> StatesOf(const ProposalQuery& query);

}  // namespace agent::store
