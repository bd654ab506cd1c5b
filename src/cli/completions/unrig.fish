# Completion of unrig's command line for fish.
#
# What may come next is asked of unrig itself, which offers only words that no shell has to quote.
# Nothing that it prints is evaluated here.
function __unrig_candidates
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (command unrig __complete $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path "$current"
            case ':folders*'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c unrig -f -a '(__unrig_candidates)'
