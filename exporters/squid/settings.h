#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "config/yaml.h"
#include "policy/result.h"

namespace exporters::squid {

// Who compares a request's host with the list of names.
enum class NamesIn {
  squid,   // a dstdomain ACL: no round trip, but a change means reconfiguring the proxy
  helper,  // our helper: a change of one among millions is in force at once
};

// What the helper answers if it finds no good list at its start. Later it keeps the last one.
enum class WithoutList { let_through, block };

struct Settings {
  std::filesystem::path squid;      // the program
  std::filesystem::path config;     // the main squid.conf
  std::string service_name;         // of `squid -n`; empty for the default
  std::filesystem::path directory;  // ours, readable by Squid; holds `current/`
  std::filesystem::path helper;     // sekisho-squid-acl
  std::string proxy_host;           // where the probes go, a numeric address
  std::uint16_t proxy_port = 0;
  NamesIn names_in = NamesIn::squid;
  WithoutList without_list = WithoutList::let_through;
  bool tls_inspection = false;            // without, Squid sees no URL within https
  std::string error_page;                 // the deny_info page: how a probe knows that it was us
  std::size_t samples = 0;                // entries of each kind to probe
  std::filesystem::path scratch_include;  // for the scratch configuration; may be empty
  std::chrono::seconds check_timeout{};
  std::chrono::seconds reconfigure_timeout{};
  std::chrono::seconds probe_timeout{};
};

// Notes what is wrong with `node` in its document, and fails with all of it.
policy::Result<Settings> ReadSettings(const config::Node& node);

}  // namespace exporters::squid
