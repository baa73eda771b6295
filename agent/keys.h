#pragma once

#include <filesystem>
#include <string>

#include "platform/tls.h"
#include "policy/result.h"

namespace agent {

// The agent's own Ed25519 keys, in its data folder, mode 0600.
struct Keys {
  platform::SigningKey list;     // signs what exporters receive
  platform::SigningKey history;  // signs checkpoints
};

// Reads NAME.key of both. They are made only where the folder holds no store yet: a store whose
// keys are lost must not go on under new ones unnoticed (`corrupt`). Writes what others need of
// them beside: list.pub (hexadecimal) for exporters, history.pub (C2SP verifier key) for auditors.
policy::Result<Keys> LoadKeys(const std::filesystem::path& data_dir, bool has_store,
                              const std::string& history_origin);

}  // namespace agent
