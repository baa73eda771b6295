#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/assessment.h"
#include "policy/evaluate.h"

namespace agent {

// A target that other rules treat otherwise.
struct ChangedTarget {
  policy::Indicator target;
  policy::Reason because;  // the first reason under the new rules
};

struct Simulation {
  Assessment now;
  Assessment then;
  std::vector<ChangedTarget> proposed;      // by the new rules only; ascending
  std::vector<ChangedTarget> not_proposed;  // by the present ones only; ascending
};

// Assesses the same evidence under the rules in force and under others. `feeds` replace the
// profiles of the feeds of those names; others in it have no evidence and are left out. Pure; twice
// an Assess.
Simulation Simulate(const World& world, const policy::Policy& policy,
                    const std::vector<policy::FeedProfile>& feeds,
                    const std::set<policy::Indicator>& rejected_hosts, policy::TimePoint now);

}  // namespace agent
