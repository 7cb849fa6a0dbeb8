# fish completion for rescan: rescan completion fish > ~/.config/fish/completions/rescan.fish
function __rescan_complete
    set -l found (rescan __complete (commandline -cp | string collect) 2>/dev/null)
    if set -q found[1]
        string join \n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c rescan -f -a '(__rescan_complete)'
