using Sluice.Cli;
using Sluice.Study;

return SluiceProgram.Run(args, StudyVerb.Make);
